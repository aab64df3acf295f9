package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;

/**
 * The launches of the way back of SEA without a causal mask, in the order of {@link
 * AroundGradient}: no gradient passes the choice, but the average weighs values by the means of the
 * estimate's columns, so gradients also go through the picture and its convolutions. What each
 * kernel reads and writes is said where it is defined, in {@code src/main/cuda/sea_*_back.cu};
 * nothing waits between them.
 */
final class SeaAroundBackStages extends SeaBackStages {

  private static final String AVERAGE = "sea_around_average_back";
  private static final String PAINTING = "sea_around_painting_back";
  private static final String ROUGH = "sea_around_rough_back";
  private static final int THREADS = 256; // of a block that adds up a head's keys

  private final SeaAroundStages forward;
  private final SeaAroundScratch known;
  private final SeaAroundBackScratch around;

  SeaAroundBackStages(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      SeaAroundBackScratch scratch,
      SeaAroundStages forward,
      GpuStream stream) {
    super(call, inputs, size, scratch.common(), forward, stream);
    this.forward = forward;
    this.known = scratch.forward();
    this.around = scratch;
  }

  @Override
  void all() {
    forward.estimateAround(scratch.masses(), around.refined());
    forward.averageOfAll("seaAroundAverage_float", ofQueries());
    throughAttention();
    throughAverageOfAll();
    throughPicture();
    throughStrips();
    throughEncoder(ofEncoded());
    throughQuotient();
    int atOnce = known.common().headsAtOnce();
    for (int head = 0; head < heads; head += atOnce) {
      throughAllFeatures(head, Math.min(atOnce, heads - head));
    }
    round();
    clearRest();
  }

  @Override
  int around() {
    return 1;
  }

  /** To the values, and to the estimate's scores, which take the place of its weights. */
  private void throughAverageOfAll() {
    SeaScratch common = known.common();
    Grid warpEachPosition =
        Grid.of(
            SeaSize.ceilingOf(size.length(), SeaStages.WARPS),
            heads,
            1,
            SeaStages.WARPS * SeaStages.WARP);
    forward.launch(
        AVERAGE,
        forward.typed("seaAroundHanded"),
        Grid.of(SeaStages.chunks(size), heads, 1, forward.featureThreads()),
        addresses(ofContext(), common.gates(), common.valueSums()).words(forward.axes()));
    forward.totalOfValues();
    forward.launch(
        AVERAGE,
        forward.typed("seaAroundValuesBack"),
        warpEachPosition,
        addresses(
                input(SeaInputs.VALUE),
                known.counted(),
                common.ranks(),
                known.columns(),
                common.valueSums(),
                around.along(),
                ofValues())
            .words(forward.axes()));
    forward.launch(
        AVERAGE,
        "seaAroundColumnsBack",
        Grid.of(
            SeaSize.ceilingOf(size.width(), SeaStages.WARPS),
            heads,
            1,
            SeaStages.WARPS * SeaStages.WARP),
        addresses(around.along(), known.seen(), common.positions(), around.ofColumns())
            .words(forward.axes()));
    forward.launch(
        AVERAGE,
        "seaAroundScoresBack",
        Grid.of(size.rows(), size.batch(), 1, SeaStages.WARPS * SeaStages.WARP),
        addresses(around.ofColumns(), known.counted(), common.weights()).words(forward.axes()));
  }

  /** A picture's gradient takes its place when the weights' by which it was seen is summed up. */
  private void throughPicture() {
    SeaScratch common = known.common();
    long halved = common.refined();
    long strips = common.picture();
    forward.launch(
        PAINTING,
        "seaAroundJoinedBack",
        Grid.of(
            SeaSize.ceilingOf(2 * SeaAroundBackScratch.pixels(size), THREADS), heads, 1, THREADS),
        addresses(common.weights(), known.joined()).words(forward.axes()));

    sumPixels("seaAroundJoinSums", 2 * size.heads(), known.joined(), around.refined());
    int ofJoin = size.heads() * SeaAroundBackScratch.inputs(size);
    forward.launch(
        PAINTING,
        "seaAroundJoinTotals",
        threadEach(ofJoin),
        addresses(around.sums(), ofParameter(SeaParameters.weight(SeaParameters.PAINT_JOIN)))
            .words(forward.axes())
            .integer(SeaAroundBackScratch.pixelSlices(size)));
    unpaint("seaAroundRefinedBack", 1, known.joined(), SeaParameters.PAINT_JOIN, around.refined());

    sumPixels("seaAroundRefineSums", size.channels(), around.refined(), halved);
    totalOfPixels(SeaParameters.PAINT_REFINE);
    unpaint("seaAroundHalvedBack", 1, around.refined(), SeaParameters.PAINT_REFINE, halved);

    sumPixels("seaAroundHalveSums", size.channels(), halved, strips);
    totalOfPixels(SeaParameters.PAINT_HALVE);
    unpaint("seaAroundStripsBack", 2, halved, SeaParameters.PAINT_HALVE, strips);
  }

  /**
   * From what a convolution made to what it saw.
   *
   * @param rows of what it saw for each that it made
   */
  private void unpaint(String kernel, int rows, long of, String convolution, long into) {
    forward.launch(
        PAINTING,
        kernel,
        Grid.of(
            SeaSize.ceilingOf(SeaAroundBackScratch.pixels(size), SeaStages.PIXELS),
            SeaSize.ceilingOf(size.channels(), SeaStages.CHANNELS) * rows,
            size.batch(),
            SeaStages.PRODUCT_THREADS),
        addresses(of, forward.weight(convolution), into).words(forward.axes()));
  }

  private void sumPixels(String kernel, int outputs, long of, long saw) {
    forward.launch(
        PAINTING,
        kernel,
        Grid.of(
            SeaAroundBackScratch.pixelSlices(size),
            SeaStages.tiles(outputs),
            SeaStages.tiles(SeaAroundBackScratch.inputs(size) + 1),
            SeaStages.PRODUCT_THREADS),
        addresses(of, saw, around.sums()).words(forward.axes()));
  }

  private void totalOfPixels(String convolution) {
    total(
        convolution,
        size.channels(),
        SeaAroundBackScratch.inputs(size),
        SeaAroundBackScratch.pixelSlices(size));
  }

  /** The gradients of a weight and a bias. */
  private void total(String of, int outputs, int inputs, int slices) {
    forward.launch(
        PAINTING,
        "seaAroundWeightTotals",
        threadEach(outputs * (inputs + 1L)),
        addresses(
                around.sums(),
                ofParameter(SeaParameters.weight(of)),
                ofParameter(SeaParameters.bias(of)))
            .integer(outputs)
            .integer(inputs)
            .integer(slices));
  }

  /** To what strips are read from. */
  private void throughStrips() {
    SeaScratch common = known.common();
    int width = 2 * size.headSize();
    int strips = SeaAroundBackScratch.stripsOfHead(size);
    forward.launch(
        PAINTING,
        "seaAroundRowSums",
        Grid.of(
            SeaAroundBackScratch.vectorSlices(size),
            SeaStages.tiles(strips),
            SeaStages.tiles(width + 1),
            SeaStages.PRODUCT_THREADS),
        addresses(common.picture(), common.hidden(), around.sums()).words(forward.axes()));
    total(SeaParameters.ROWS, strips, width, SeaAroundBackScratch.vectorSlices(size));
    forward.launch(
        PAINTING,
        "seaAroundEncodedBack",
        Grid.of(
            SeaStages.tiles(heads * size.rows()),
            SeaStages.tiles(width),
            1,
            SeaStages.PRODUCT_THREADS),
        addresses(common.picture(), forward.weight(SeaParameters.ROWS), ofEncoded())
            .words(forward.axes()));
  }

  /** Where the gradients of contexts will be: as large, and read before those are written. */
  private long ofEncoded() {
    return scratch.ofContexts();
  }

  /** Of some heads. Sums over keys are needed before those over queries take their place. */
  private void throughAllFeatures(int first, int count) {
    SeaScratch common = known.common();
    boolean constant = size.options().constantShift();
    float ofQuery = forward.featureScale() * size.queryScale();
    forward.rememberAll(first, count, constant ? 0 : around.strongest());
    forward.launch(
        ROUGH,
        "seaAroundQueryFeaturesBack",
        ofFeatures(size.rows(), count),
        addresses(
                common.queryFeatures(),
                common.states(),
                ofNumerators(first),
                ofMasses(first),
                scratch.ofFeatures())
            .words(forward.axes()));
    long queries = ofQueries() + numbersOf(first);
    throughExponents(
        input(SeaInputs.QUERY) + first * forward.bytesOfHead(),
        new Exponents(
            constant ? 0 : common.queryFeatures(),
            scratch.ofFeatures(),
            0,
            queries,
            size.rows(),
            size.every(),
            ofQuery),
        count);
    toVectors(scratch.ofFeatures(), queries, count, size.rows(), size.every(), ofQuery);

    sumQueries(first, count);
    forward.total(count);
    forward.launch(
        ROUGH,
        "seaAroundPlacedBack",
        Grid.of(
            SeaStages.tiles(size.length()),
            SeaStages.tiles(size.headSize()),
            count,
            SeaStages.PRODUCT_THREADS),
        addresses(
                common.keyFeatures(),
                common.states(),
                known.counted(),
                ofValues() + numbersOf(first))
            .words(forward.axes())
            .integer(first));
    forward.launch(
        ROUGH,
        forward.typed("seaAroundKeyFeaturesBack"),
        ofFeatures(size.length(), count),
        addresses(
                common.keyFeatures(),
                known.places(),
                known.counted(),
                input(SeaInputs.VALUE) + first * forward.bytesOfHead(),
                common.states())
            .words(forward.axes())
            .integer(first));
    long keys = ofKeys() + numbersOf(first);
    throughExponents(
        input(SeaInputs.KEY) + first * forward.bytesOfHead(),
        new Exponents(
            0,
            common.keyFeatures(),
            constant ? 0 : around.ofExponents(),
            keys,
            size.length(),
            1,
            forward.featureScale()),
        count);
    toVectors(common.keyFeatures(), keys, count, size.length(), 1, forward.featureScale());
    if (!constant) {
      forward.launch(
          ROUGH,
          "seaAroundShiftBack",
          Grid.of(count, 1, 1, THREADS),
          addresses(
                  around.ofExponents(),
                  around.strongest(),
                  forward.parameter(SeaParameters.PROJECTION),
                  keys)
              .words(forward.axes())
              .number(forward.featureScale()));
    }
  }

  private Grid ofFeatures(int rows, int count) {
    return Grid.of(
        SeaStages.tiles(rows), SeaStages.tiles(size.features()), count, SeaStages.PRODUCT_THREADS);
  }

  /** What {@code seaAroundExponentsBack} is told of queries or keys. */
  private record Exponents(
      long features,
      long ofFeatures,
      long ofExponents,
      long ofVectors,
      int rows,
      int every,
      float scale) {}

  private void throughExponents(long x, Exponents of, int count) {
    forward.launch(
        ROUGH,
        forward.typed("seaAroundExponentsBack"),
        Grid.of(
            SeaSize.ceilingOf(of.rows(), SeaStages.WARPS),
            count,
            1,
            SeaStages.WARPS * SeaStages.WARP),
        addresses(x, of.features(), of.ofFeatures(), of.ofExponents(), of.ofVectors())
            .words(forward.axes())
            .integer(of.rows())
            .integer(of.every())
            .number(of.scale()));
  }
}
