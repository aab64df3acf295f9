package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;

/**
 * The launches of SEA without a causal mask, in the order of {@link SeaSteps}. What each kernel
 * reads and writes is said where it is defined, in {@code src/main/cuda/sea_around_*.cu}; nothing
 * waits between them.
 */
final class SeaAroundStages extends SeaStages {

  private static final int THREADS = 256; // of a block that is bound by memory
  private static final int DIGIT_BITS = 8; // of a weight, found at a time
  private static final int COUNTED_ROWS = 64; // by a block

  private final SeaAroundScratch around;

  SeaAroundStages(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      SeaAroundScratch scratch,
      GpuSession session,
      GpuStream stream) {
    super(call, inputs, size, scratch.common(), session, stream);
    this.around = scratch;
  }

  @Override
  void all() {
    findRealKeys();
    launch(
        "sea_around_sight",
        "seaAroundSight",
        Grid.of(SeaSize.ceilingOf(size.length(), THREADS), size.batch(), 1, THREADS),
        addresses(scratch.ranks(), around.counted(), around.seen(), around.places()).words(axes()));
    for (int head = 0; head < heads; head += scratch.headsAtOnce()) {
      mixAll(head, Math.min(scratch.headsAtOnce(), heads - head));
    }
    encode();
    paintAround();
    averageOfAll();
    choose();
    attend();
  }

  @Override
  long counted() {
    return around.counted();
  }

  @Override
  long seen() {
    return around.seen();
  }

  /** Rough contexts of some heads. */
  private void mixAll(int first, int count) {
    long query = input(SeaInputs.QUERY) + first * bytesOfHead();
    long key = input(SeaInputs.KEY) + first * bytesOfHead();
    float scale = (float) Math.pow(size.headSize(), -0.25);
    float ofQueries = scale * size.queryScale();
    project(query, scratch.queryFeatures(), count, size.rows(), size.every(), ofQueries);
    open(query, 0, scratch.queryFeatures(), count, size.rows(), size.every(), ofQueries);
    project(key, scratch.keyFeatures(), count, size.length(), 1, scale);
    launch(
        "sea_around_features",
        "seaAroundGreatest",
        Grid.of(chunks(size), count, 1, THREADS),
        addresses(scratch.keyFeatures(), around.greatest()).words(axes()));
    launch(
        "sea_around_features",
        "seaAroundShift",
        Grid.of(count, 1, 1, THREADS),
        addresses(around.greatest(), around.shifts()).words(axes()));
    open(key, around.shifts(), scratch.keyFeatures(), count, size.length(), 1, scale);
    launch(
        "sea_around_rough",
        typed(product("seaAroundSums")),
        Grid.of(
            tiles(size.features()) * tiles(2 * size.headSize()),
            chunks(size),
            count,
            PRODUCT_THREADS),
        addresses(
                scratch.keyFeatures(),
                around.places(),
                around.counted(),
                input(SeaInputs.VALUE) + first * bytesOfHead(),
                scratch.states())
            .words(axes())
            .integer(first));
    launch(
        "sea_around_rough",
        "seaAroundTotals",
        Grid.of((int) (stateSize(size) / THREADS) + 1, count, 1, THREADS),
        addresses(scratch.states()).words(axes()));
    launch(
        "sea_around_rough",
        product("seaAroundContext"),
        Grid.of(tiles(size.rows()), count, 1, PRODUCT_THREADS),
        addresses(
                scratch.queryFeatures(),
                scratch.states(),
                scratch.rough() + (long) first * size.rows() * 2 * size.headSize() * Float.BYTES)
            .words(axes()));
  }

  /** What some vectors are on the random directions. */
  private void project(long x, long into, int count, int rows, int every, float scale) {
    launch(
        "sea_around_features",
        typed(product("seaAroundProject")),
        Grid.of(tiles(rows), tiles(size.features()), count, PRODUCT_THREADS),
        addresses(x, parameter(SeaParameters.PROJECTION), into)
            .words(axes())
            .integer(rows)
            .integer(every)
            .number(scale));
  }

  /** From projections to features, in place. */
  private void open(long x, long shifts, long of, int count, int rows, int every, float scale) {
    launch(
        "sea_around_features",
        typed("seaAroundFeatures"),
        Grid.of(SeaSize.ceilingOf(rows, WARPS), count, 1, WARPS * WARP),
        addresses(x, shifts, of).words(axes()).integer(rows).integer(every).number(scale));
  }

  /** Strips are halved to the one place, refined to that of the strips, and joined. */
  private void paintAround() {
    convolve(
        product("seaAroundHalve"),
        size.channels(),
        addresses(
            scratch.picture(),
            weight(SeaParameters.PAINT_HALVE),
            bias(SeaParameters.PAINT_HALVE),
            scratch.refined()));
    convolve(
        product("seaAroundRefine"),
        size.channels(),
        addresses(
            scratch.refined(),
            weight(SeaParameters.PAINT_REFINE),
            bias(SeaParameters.PAINT_REFINE),
            scratch.picture()));
    convolve(
        product("seaAroundJoin"),
        2 * size.heads(),
        addresses(scratch.picture(), weight(SeaParameters.PAINT_JOIN), around.joined()));
    launch(
        "sea_around_painting",
        "seaAroundWeights",
        Grid.of(size.rows(), size.batch(), 1, WARPS * WARP),
        addresses(around.joined(), scratch.weights()).words(axes()));
  }

  private void convolve(String kernel, int outputs, LaunchArguments of) {
    int pixels = SeaSize.ceilingOf(size.rows(), 2) * size.stripWidth();
    Grid tiles =
        Grid.of(
            SeaSize.ceilingOf(pixels, PIXELS),
            SeaSize.ceilingOf(outputs, CHANNELS),
            size.batch(),
            PRODUCT_THREADS);
    launch("sea_around_painting", kernel, tiles, of.words(axes()));
  }

  private void averageOfAll() {
    String module = "sea_around_average";
    int columns = SeaSize.ceilingOf(size.heads() * size.width(), THREADS);
    int threads = Math.min(SeaSize.ceilingOf(size.headSize(), WARP) * WARP, THREADS);
    launch(
        module,
        "seaAroundColumns",
        Grid.of(SeaSize.ceilingOf(size.rows(), CHUNK), columns, size.batch(), THREADS),
        addresses(scratch.weights(), around.counted(), around.columns()).words(axes()));
    launch(
        module,
        "seaAroundMeans",
        Grid.of(columns, size.batch(), 1, THREADS),
        addresses(around.columns()).words(axes()));
    launch(
        module,
        typed("seaAroundValues"),
        Grid.of(chunks(size), heads, 1, threads),
        addresses(
                input(SeaInputs.VALUE),
                around.counted(),
                scratch.ranks(),
                around.columns(),
                scratch.valueSums())
            .words(axes()));
    launch(
        module,
        "seaAroundValueTotals",
        Grid.of(heads, 1, 1, threads),
        addresses(scratch.valueSums()).words(axes()));
    launch(
        module,
        typed("seaAroundAverage"),
        Grid.of(chunks(size), heads, 1, THREADS),
        addresses(scratch.valueSums(), context()).words(axes()));
  }

  private void choose() {
    switch (size.options().grouping()) {
      case QUERY, CAUSAL_BATCH -> cut("sea_around_cut", "seaAroundCut");
      case HEAD -> cutGroups(1);
      case BATCH -> cutGroups(size.heads());
    }
  }

  /** Keeps the greatest columns of all queries together. */
  private void cutGroups(int joint) {
    String module = "sea_around_groups";
    int groups = heads / joint;
    int warps = SeaSize.ceilingOf(size.length(), WARP);
    Grid ofQueries =
        Grid.of(SeaSize.ceilingOf(warps, WARPS), size.heads(), size.batch(), WARPS * WARP);
    launch(
        module,
        "seaAroundBegin",
        Grid.of(groups, 1, 1, THREADS),
        addresses(around.seen(), around.groups(), around.histogram())
            .words(axes())
            .address(input(SeaInputs.KEPT))
            .wide(size.options().oversample())
            .integer(joint));
    for (int shift = Float.SIZE - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
      launch(
          module,
          "seaAroundCount",
          Grid.of(
              SeaSize.ceilingOf(size.rows(), COUNTED_ROWS), size.heads(), size.batch(), THREADS),
          addresses(scratch.weights(), around.counted(), around.groups(), around.histogram())
              .words(axes())
              .integer(joint)
              .integer(shift));
      launch(
          module,
          "seaAroundChoose",
          Grid.of(groups, 1, 1, WARP),
          addresses(around.seen(), around.groups(), around.histogram())
              .words(axes())
              .integer(joint)
              .integer(shift));
    }
    launch(
        module,
        "seaAroundEquals",
        ofQueries,
        addresses(scratch.weights(), around.counted(), around.groups(), around.equal())
            .words(axes())
            .integer(joint));
    launch(
        module,
        "seaAroundRanks",
        Grid.of(groups, 1, 1, THREADS),
        addresses(around.equal()).words(axes()).integer(joint));
    launch(
        module,
        "seaAroundKeep",
        ofQueries,
        addresses(
                scratch.weights(),
                around.counted(),
                around.groups(),
                around.equal(),
                scratch.kept())
            .words(axes())
            .integer(joint));
  }
}
