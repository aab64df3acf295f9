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

  private static final String AVERAGE = "sea_around_average";
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
    estimateAround(0, scratch.picture());
    averageOfAll(typed("seaAroundAverage"), context());
    attend();
  }

  /**
   * From what every query sees to the columns that are kept.
   *
   * @param masses of the rough contexts go there, {@code [B, H, R]}; nowhere, if 0
   * @param refined what is painted before it is joined goes there; may be in place of the strips
   */
  void estimateAround(long masses, long refined) {
    findRealKeys();
    launch(
        "sea_around_sight",
        "seaAroundSight",
        Grid.of(SeaSize.ceilingOf(size.length(), THREADS), size.batch(), 1, THREADS),
        addresses(scratch.ranks(), around.counted(), around.seen(), around.places()).words(axes()));
    for (int head = 0; head < heads; head += scratch.headsAtOnce()) {
      mixAll(head, Math.min(scratch.headsAtOnce(), heads - head), masses);
    }
    encode();
    paintAround(refined);
    choose();
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
  private void mixAll(int first, int count, long masses) {
    rememberAll(first, count, 0);
    long ofRows = (long) first * size.rows() * Float.BYTES;
    launch(
        "sea_around_rough",
        product("seaAroundContext"),
        Grid.of(tiles(size.rows()), count, 1, PRODUCT_THREADS),
        addresses(
                scratch.queryFeatures(),
                scratch.states(),
                scratch.rough() + ofRows * 2 * size.headSize(),
                masses == 0 ? 0 : masses + ofRows)
            .words(axes()));
  }

  /**
   * Features of some heads, and their sums over all keys.
   *
   * @param strongest where the number that keys are shifted by was found goes there, {@code [G,
   *     ⌈T/128⌉]}; nowhere, if 0
   */
  void rememberAll(int first, int count, long strongest) {
    long query = input(SeaInputs.QUERY) + first * bytesOfHead();
    long key = input(SeaInputs.KEY) + first * bytesOfHead();
    float scale = featureScale();
    float ofQueries = scale * size.queryScale();
    project(query, scratch.queryFeatures(), count, size.rows(), size.every(), ofQueries);
    open(query, 0, scratch.queryFeatures(), count, size.rows(), size.every(), ofQueries);
    project(key, scratch.keyFeatures(), count, size.length(), 1, scale);
    Grid ofChunks = Grid.of(chunks(size), count, 1, THREADS);
    launch(
        "sea_around_features",
        "seaAroundGreatest",
        ofChunks,
        addresses(scratch.keyFeatures(), around.greatest()).words(axes()));
    launch(
        "sea_around_features",
        "seaAroundShift",
        Grid.of(count, 1, 1, THREADS),
        addresses(around.greatest(), around.shifts()).words(axes()));
    if (strongest != 0) {
      launch(
          "sea_around_rough_back",
          "seaAroundStrongest",
          ofChunks,
          addresses(scratch.keyFeatures(), around.shifts(), strongest).words(axes()));
    }
    open(key, around.shifts(), scratch.keyFeatures(), count, size.length(), 1, scale);
    launch(
        "sea_around_rough",
        typed(product("seaAroundSums")),
        stateTiles(count),
        addresses(
                scratch.keyFeatures(),
                around.places(),
                around.counted(),
                input(SeaInputs.VALUE) + first * bytesOfHead(),
                scratch.states())
            .words(axes())
            .integer(first));
    total(count);
  }

  /** Adds up the sums of all chunks in the place of the first one's. */
  void total(int count) {
    launch(
        "sea_around_rough",
        "seaAroundTotals",
        stateThreads(count),
        addresses(scratch.states()).words(axes()));
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

  /** Strips are halved, refined to the given place, and joined. */
  private void paintAround(long refined) {
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
            refined));
    convolve(
        product("seaAroundJoin"),
        2 * size.heads(),
        addresses(refined, weight(SeaParameters.PAINT_JOIN), around.joined()));
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

  /** What keys that are dropped amount to, of every query, in numbers of the kernel's type. */
  void averageOfAll(String kernel, long into) {
    String module = AVERAGE;
    int columns = SeaSize.ceilingOf(size.heads() * size.width(), THREADS);
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
        Grid.of(chunks(size), heads, 1, featureThreads()),
        addresses(
                input(SeaInputs.VALUE),
                around.counted(),
                scratch.ranks(),
                around.columns(),
                scratch.valueSums())
            .words(axes()));
    totalOfValues();
    launch(
        module,
        kernel,
        Grid.of(chunks(size), heads, 1, THREADS),
        addresses(scratch.valueSums(), into).words(axes()));
  }

  /** Adds up the sums of all chunks of values, or of their gradients, in the place of the first. */
  void totalOfValues() {
    launch(
        AVERAGE,
        "seaAroundValueTotals",
        Grid.of(heads, 1, 1, featureThreads()),
        addresses(scratch.valueSums()).words(axes()));
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
