package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;

/**
 * The launches of causal SEA, in the order of {@link SeaSteps}. What each kernel reads and writes
 * is said where it is defined, in {@code src/main/cuda/sea_*.cu}; nothing waits between them.
 */
final class SeaStages extends SharedStages {

  private static final int SCAN_THREADS = 256;

  SeaStages(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      SeaScratch scratch,
      GpuSession session,
      GpuStream stream) {
    super(call, inputs, size, scratch, session, stream);
  }

  /** The most dynamic shared memory that a stage needs. */
  static long sharedBytes(SeaSize size) {
    return Math.max((long) Float.BYTES * size.heads() * size.stripWidth(), bytesToCut(size));
  }

  @Override
  void all() {
    findRealKeys();
    average();
    for (int head = 0; head < heads; head += scratch.headsAtOnce()) {
      mixRoughly(head, Math.min(scratch.headsAtOnce(), heads - head));
    }
    encode(scratch.ranks());
    cut(paint());
    attend(scratch.ranks());
  }

  private void average() {
    long value = input(SeaInputs.VALUE);
    int threads = Math.min(SeaSize.ceilingOf(size.headSize(), WARP) * WARP, PRODUCT_THREADS);
    Grid ofChunks = Grid.of(chunks(size), heads, 1, threads);
    launch(
        "sea_average",
        typed("seaValueSums"),
        ofChunks,
        addresses(value, scratch.ranks(), scratch.valueSums()).words(axes()));
    launch(
        "sea_average",
        "seaValueScan",
        Grid.of(heads, 1, 1, threads),
        addresses(scratch.valueSums()).words(axes()));
    launch(
        "sea_average",
        typed("seaAverage"),
        ofChunks,
        addresses(value, scratch.ranks(), scratch.valueSums(), context()).words(axes()));
  }

  /** Rough contexts of some heads. */
  private void mixRoughly(int first, int count) {
    long value = input(SeaInputs.VALUE) + first * bytesOfHead();
    long places = parameter(SeaParameters.POSITIONS);
    float scale = (float) Math.pow(size.headSize(), -0.25);
    features(
        "sea_features",
        "seaFeatures",
        input(SeaInputs.QUERY) + first * bytesOfHead(),
        scratch.queryFeatures(),
        count,
        size.rows(),
        size.every(),
        scale * size.queryScale());
    features(
        "sea_features",
        "seaFeatures",
        input(SeaInputs.KEY) + first * bytesOfHead(),
        scratch.keyFeatures(),
        count,
        size.length(),
        1,
        scale);
    launch(
        "sea_rough",
        typed("seaRoughSums"),
        Grid.of(
            tiles(size.features()) * tiles(2 * size.headSize()),
            chunks(size),
            count,
            PRODUCT_THREADS),
        addresses(scratch.keyFeatures(), places, value, scratch.ranks(), scratch.states())
            .words(axes())
            .integer(first));
    launch(
        "sea_rough",
        "seaRoughScan",
        Grid.of((int) (stateSize(size) / SCAN_THREADS) + 1, count, 1, SCAN_THREADS),
        addresses(scratch.states()).words(axes()));
    launch(
        "sea_rough",
        typed("seaRoughContext"),
        Grid.of(
            tiles(SeaSize.ceilingOf(CHUNK, size.every())), chunks(size), count, PRODUCT_THREADS),
        addresses(
                scratch.queryFeatures(),
                scratch.keyFeatures(),
                places,
                value,
                scratch.ranks(),
                scratch.states(),
                scratch.rough() + (long) first * size.rows() * 2 * size.headSize() * Float.BYTES)
            .words(axes())
            .integer(first));
  }

  /** Returns where the last picture is. */
  private long paint() {
    launch(
        "sea_painting",
        "seaNormalise",
        warpEach(heads * 2 * size.rows()),
        addresses(
                scratch.picture(),
                weight(SeaParameters.STRIPS_NORM),
                bias(SeaParameters.STRIPS_NORM))
            .words(axes()));
    long from = scratch.picture();
    long into = scratch.refined();
    for (String refinement : SeaParameters.refinements(size.options())) {
      convolve(
          "sea_painting",
          "seaRefine",
          size.rows(),
          size.channels(),
          addresses(from, weight(refinement), bias(refinement), into));
      long painted = into;
      into = from;
      from = painted;
    }
    return from;
  }

  private void cut(long picture) {
    launch(
        "sea_painting",
        "seaWeights",
        Grid.of(size.rows(), size.batch(), 1, WARPS * WARP)
            .withShared(Float.BYTES * size.heads() * size.stripWidth()),
        addresses(
                picture,
                weight(SeaParameters.PAINT_JOIN),
                weight(SeaParameters.SCORES_NORM),
                bias(SeaParameters.SCORES_NORM),
                scratch.weights())
            .words(axes()));
    cutEachQuery("sea_cut", "seaCut", scratch.ranks());
  }
}
