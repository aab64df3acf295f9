package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The launches of causal SEA's way back, in the order of {@link SeaGradient}: what {@link
 * SeaStages} choose and open is computed again, then gradients go from the attention to the kept
 * keys through the gates, the encoder and the rough contexts. What each kernel reads and writes is
 * said where it is defined, in {@code src/main/cuda/sea_*_back.cu}; nothing waits between them.
 * {@link SeaAroundBackStages} replaces those that look back only.
 */
class SeaBackStages {

  /** Numbers that {@code sea_encoder_back.cu} sums over vectors, each of 2D·J. */
  static final int SUMMED = 7;

  static final int PRODUCT_SLICE = 512; // vectors
  private static final int SUM_SLICE = 128;
  private static final int COLUMN_THREADS = 128;
  private static final int THREADS = 256; // where each has a number

  private final DeviceCall call;
  private final SeaInputs inputs;
  final SeaSize size;
  final SeaBackScratch scratch;
  private final SeaStages forward;
  private final GpuStream stream;
  final int heads; // of the batch
  private final Set<Integer> written = new HashSet<>(); // inputs that have a gradient

  SeaBackStages(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      SeaBackScratch scratch,
      SeaStages forward,
      GpuStream stream) {
    this.call = call;
    this.inputs = inputs;
    this.size = size;
    this.scratch = scratch;
    this.forward = forward;
    this.stream = stream;
    this.heads = size.batch() * size.heads();
  }

  /** J, the heads of a vector of the encoder. */
  static int joint(SeaSize size) {
    return size.options().jointEncoder() ? size.heads() : 1;
  }

  private static int vectors(SeaSize size) {
    return size.batch() * size.heads() / joint(size) * size.rows();
  }

  static long sumSlices(SeaSize size) {
    return Grid.blocks(vectors(size), SUM_SLICE);
  }

  static long productSlices(SeaSize size) {
    return Grid.blocks(vectors(size), PRODUCT_SLICE);
  }

  void all() {
    forward.findRealKeys();
    forward.estimate(scratch.masses());
    forward.average("seaAverageWide", ofQueries());
    throughAttention();
    throughAverage();
    throughEncoder(0);
    throughRoughContexts();
    round();
    clearRest();
  }

  /** The average lies where the gradient of the queries goes. */
  final void throughAttention() {
    SeaScratch known = scratch.forward();
    float scale = size.queryScale() * size.scoreScale();
    Grid ofWarps =
        Grid.of(
            Grid.blocks(size.length(), SeaStages.QUERIES),
            heads,
            1,
            SeaStages.QUERIES * SeaStages.WARP);
    forward.launch(
        "sea_attention_back",
        forward.gathering("seaQueryGradient"),
        ofWarps,
        addresses(
                input(SeaInputs.QUERY),
                input(SeaInputs.KEY),
                input(SeaInputs.VALUE),
                ofContext(),
                known.kept(),
                known.gates(),
                forward.seen(),
                known.positions(),
                input(SeaInputs.KEPT),
                scratch.known(),
                scratch.ofGates(),
                ofQueries())
            .words(forward.axes())
            .words(forward.keyRule())
            .number(scale)
            .integer(size.options().scaled() ? 1 : 0));
    forward.launch(
        "sea_attention_back",
        "seaTransposeKept",
        Grid.of(
            Grid.blocks(size.length(), SeaStages.WARP), heads, 1, SeaStages.WARPS * SeaStages.WARP),
        addresses(known.kept(), scratch.transposed()).words(forward.axes()));
    forward.launch(
        "sea_attention_back",
        forward.gathering("seaKeyGradient"),
        ofWarps,
        addresses(
                input(SeaInputs.QUERY),
                input(SeaInputs.KEY),
                input(SeaInputs.VALUE),
                ofContext(),
                scratch.transposed(),
                scratch.known(),
                known.ranks(),
                known.positions(),
                input(SeaInputs.KEPT),
                ofKeys(),
                ofValues())
            .words(forward.axes())
            .words(forward.keyRule())
            .number(scale)
            .integer(around()));
  }

  /** Whether every query sees all keys, as kernels are told: 1 or 0. */
  int around() {
    return 0;
  }

  private void throughAverage() {
    SeaScratch known = scratch.forward();
    int threads = forward.featureThreads();
    Grid ofChunks = Grid.of(SeaStages.chunks(size), heads, 1, threads);
    forward.launch(
        "sea_average_back",
        forward.typed("seaAverageBackSums"),
        ofChunks,
        addresses(ofContext(), known.gates(), known.valueSums()).words(forward.axes()));
    forward.launch(
        "sea_average_back",
        "seaAverageBackScan",
        Grid.of(heads, 1, 1, threads),
        addresses(known.valueSums()).words(forward.axes()));
    forward.launch(
        "sea_average_back",
        forward.typed("seaAverageBack"),
        ofChunks,
        addresses(ofContext(), known.gates(), known.ranks(), known.valueSums(), ofValues())
            .words(forward.axes()));
  }

  /**
   * @param ofEncoded what else is handed back to the encoder, {@code [B, H, R, 2D]}; nothing, if 0
   */
  final void throughEncoder(long ofEncoded) {
    long hidden = scratch.forward().hidden();
    int vectors = vectors(size);
    int joint = joint(size);
    forward.launch(
        "sea_encoder_back",
        "seaGateSums",
        threadEach((long) heads * size.rows() * 2),
        addresses(scratch.ofGates(), scratch.ofRows()).words(forward.axes()));
    forward.hide();
    forward.launch(
        "sea_encoder_back",
        "seaNormBack",
        SeaStages.warpEach(vectors),
        opened(hidden, ofEncoded).address(scratch.norms()).words(forward.axes()).integer(joint));
    forward.launch(
        "sea_encoder_back",
        "seaEncoderBack",
        Grid.of(
            (int) sumSlices(size),
            Grid.blocks(2 * size.headSize() * joint, COLUMN_THREADS),
            1,
            COLUMN_THREADS),
        opened(hidden, ofEncoded)
            .address(scratch.norms())
            .address(scratch.sums())
            .words(forward.axes())
            .integer(joint));
    forward.launch(
        "sea_encoder_back",
        "seaSeenBack",
        Grid.of(
            SeaStages.tiles(vectors),
            SeaStages.tiles(3 * size.headSize() * joint),
            1,
            SeaStages.PRODUCT_THREADS),
        addresses(
                hidden,
                forward.weight(SeaParameters.ENCODER),
                forward.counted(),
                scratch.ofContexts(),
                ofValues())
            .words(forward.axes())
            .integer(joint));
    sumOverVectors(hidden);
  }

  /** What both kernels that open the encoder's norm are told first. */
  private LaunchArguments opened(long hidden, long ofEncoded) {
    return addresses(
        hidden,
        forward.weight(SeaParameters.ENCODER_NORM),
        forward.bias(SeaParameters.ENCODER_NORM),
        forward.weight(SeaParameters.GATES),
        scratch.ofRows(),
        ofEncoded);
  }

  /** The gradients of the encoder's parameters. */
  private void sumOverVectors(long ofHidden) {
    int joint = joint(size);
    int outputs = 2 * size.headSize() * joint;
    int inputs = 3 * size.headSize() * joint;
    forward.launch(
        "sea_encoder_back",
        "seaEncoderTotals",
        Grid.of(Grid.blocks(outputs, COLUMN_THREADS), SUMMED, 1, COLUMN_THREADS),
        addresses(
                scratch.sums(),
                ofParameter(SeaParameters.bias(SeaParameters.ENCODER)),
                ofParameter(SeaParameters.weight(SeaParameters.ENCODER_NORM)),
                ofParameter(SeaParameters.bias(SeaParameters.ENCODER_NORM)),
                ofParameter(SeaParameters.weight(SeaParameters.GATES)),
                ofParameter(SeaParameters.bias(SeaParameters.GATES)))
            .words(forward.axes())
            .integer(joint)
            .integer((int) sumSlices(size)));
    forward.launch(
        "sea_encoder_back",
        forward.typed("seaEncoderWeights"),
        Grid.of(
            (int) productSlices(size),
            SeaStages.tiles(outputs),
            SeaStages.tiles(inputs),
            SeaStages.PRODUCT_THREADS),
        addresses(
                ofHidden,
                scratch.forward().rough(),
                input(SeaInputs.VALUE),
                forward.counted(),
                scratch.products())
            .words(forward.axes())
            .integer(joint));
    int weights = Math.multiplyExact(outputs, inputs);
    forward.launch(
        "sea_encoder_back",
        "seaTotals",
        threadEach(weights),
        addresses(scratch.products(), ofParameter(SeaParameters.weight(SeaParameters.ENCODER)))
            .integer(weights)
            .integer((int) productSlices(size)));
  }

  private void throughRoughContexts() {
    throughQuotient();
    stream.clear(call.inputGradients().get(inputs.parameter(SeaParameters.POSITIONS)));
    int atOnce = scratch.forward().headsAtOnce();
    for (int head = 0; head < heads; head += atOnce) {
      throughFeatures(head, Math.min(atOnce, heads - head));
    }
  }

  final void throughQuotient() {
    forward.launch(
        "sea_rough_back",
        "seaRoughQuotient",
        SeaStages.warpEach(heads * size.rows()),
        addresses(
                scratch.forward().rough(),
                scratch.masses(),
                scratch.ofContexts(),
                scratch.ofMasses())
            .words(forward.axes()));
  }

  /** Of some heads. Sums over keys are needed before those over queries take their place. */
  private void throughFeatures(int first, int count) {
    SeaScratch known = scratch.forward();
    forward.remember(first, count);
    forward.launch(
        "sea_rough_back",
        forward.typed("seaQueryFeaturesBack"),
        Grid.of(
            SeaStages.tiles(Grid.blocks(SeaStages.CHUNK, size.every())),
            SeaStages.chunks(size),
            count,
            SeaStages.PRODUCT_THREADS),
        mixed(first).address(scratch.ofFeatures()).words(forward.axes()).integer(first));
    toVectors(
        scratch.ofFeatures(),
        ofQueries() + numbersOf(first),
        count,
        size.rows(),
        size.every(),
        forward.featureScale() * size.queryScale());

    sumQueries(first, count);
    forward.launch(
        "sea_rough_back",
        "seaQueryScan",
        forward.stateThreads(count),
        addresses(known.states()).words(forward.axes()));
    Grid ofKeys =
        Grid.of(
            SeaStages.CHUNK / SeaStages.TILE,
            SeaStages.chunks(size),
            count,
            SeaStages.PRODUCT_THREADS);
    forward.launch(
        "sea_rough_back",
        "seaPlacedBack",
        ofKeys,
        addresses(
                known.queryFeatures(),
                known.keyFeatures(),
                known.ranks(),
                known.states(),
                ofNumerators(first),
                ofMasses(first),
                ofValues() + numbersOf(first),
                scratch.ofPlaces())
            .words(forward.axes())
            .integer(first));
    forward.launch(
        "sea_rough_back",
        forward.typed("seaKeyFeaturesBack"),
        ofKeys,
        mixed(first).words(forward.axes()).integer(first));
    toVectors(
        known.keyFeatures(),
        ofKeys() + numbersOf(first),
        count,
        size.length(),
        1,
        forward.featureScale());
    forward.launch(
        "sea_rough_back",
        "seaPlacesBack",
        threadEach((long) size.length() * size.headSize()),
        addresses(scratch.ofPlaces(), scratch.placeSums(), ofParameter(SeaParameters.POSITIONS))
            .words(forward.axes())
            .integer(first)
            .integer(count));
  }

  /** What the queries of every chunk hand to the sums over keys. */
  final void sumQueries(int first, int count) {
    SeaScratch known = scratch.forward();
    forward.launch(
        "sea_rough_back",
        "seaQuerySums",
        forward.stateTiles(count),
        addresses(known.queryFeatures(), ofNumerators(first), ofMasses(first), known.states())
            .words(forward.axes()));
  }

  /** What both kernels are told first that go back to features. */
  private LaunchArguments mixed(int first) {
    SeaScratch known = scratch.forward();
    return addresses(
        known.queryFeatures(),
        known.keyFeatures(),
        forward.parameter(SeaParameters.POSITIONS),
        input(SeaInputs.VALUE) + first * forward.bytesOfHead(),
        known.ranks(),
        known.states(),
        ofNumerators(first),
        ofMasses(first));
  }

  final void toVectors(
      long ofFeatures, long ofVectors, int count, int rows, int every, float scale) {
    forward.launch(
        "sea_rough_back",
        "seaFeaturesBack",
        Grid.of(
            SeaStages.tiles(rows),
            SeaStages.tiles(size.headSize()),
            count,
            SeaStages.PRODUCT_THREADS),
        addresses(ofFeatures, forward.parameter(SeaParameters.PROJECTION), ofVectors)
            .words(forward.axes())
            .integer(rows)
            .integer(every)
            .number(scale));
  }

  /** What was added up elsewhere, as it is stored. */
  final void round() {
    for (int input : List.of(SeaInputs.QUERY, SeaInputs.KEY, SeaInputs.VALUE)) {
      DeviceTensor gradient = ofInput(input);
      long sums = sumsOf(input);
      if (sums != gradient.address()) {
        forward.launch(
            "sea_rounding_back",
            forward.typed("seaRound"),
            threadEach(gradient.shape().elements()),
            addresses(sums, gradient.address()).words(forward.axes()));
      }
    }
  }

  /** What only serves the choice of keys has a gradient of zero. */
  final void clearRest() {
    for (int input = 0; input < call.inputGradients().size(); input++) {
      if (!written.contains(input)) {
        stream.clear(call.inputGradients().get(input));
      }
    }
  }

  static Grid threadEach(long count) {
    return Grid.of(Math.toIntExact((count + THREADS - 1) / THREADS), 1, 1, THREADS);
  }

  static LaunchArguments addresses(long... addresses) {
    return SeaStages.addresses(addresses);
  }

  final long input(int number) {
    return forward.input(number);
  }

  final long ofContext() {
    return call.outputGradients().get(0).address();
  }

  final long ofQueries() {
    return sumsOf(SeaInputs.QUERY);
  }

  final long ofKeys() {
    return sumsOf(SeaInputs.KEY);
  }

  final long ofValues() {
    return sumsOf(SeaInputs.VALUE);
  }

  /**
   * Where the gradient of queries, keys or values is added up: where it belongs, if that is F32.
   */
  private long sumsOf(int input) {
    long address = ofInput(input).address();
    long apart =
        switch (input) {
          case SeaInputs.QUERY -> scratch.ofQueries();
          case SeaInputs.KEY -> scratch.ofKeys();
          default -> scratch.ofValues();
        };
    return apart == 0 ? address : apart;
  }

  private DeviceTensor ofInput(int input) {
    written.add(input);
    return call.inputGradients().get(input);
  }

  final long ofParameter(String name) {
    return ofInput(inputs.parameter(name)).address();
  }

  /** Bytes of sums before those of a head. */
  final long numbersOf(int head) {
    return (long) head * size.length() * size.headSize() * Float.BYTES;
  }

  final long ofNumerators(int head) {
    return scratch.ofContexts() + (long) head * size.rows() * 2 * size.headSize() * Float.BYTES;
  }

  final long ofMasses(int head) {
    return scratch.ofMasses() + (long) head * size.rows() * Float.BYTES;
  }
}
