package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;

/**
 * The launches of some next positions, behind those that are remembered. Many that begin with a row
 * of the estimate take the stages of a whole text, joined to the past; a single one takes fewer
 * launches. What each kernel reads and writes is said in {@code sea_decode.cu}.
 */
final class DecodedStages extends SeaStages {

  private static final int STEP_THREADS = 256;
  private static final int STEP_WARPS = STEP_THREADS / WARP;
  private static final int COLUMNS = 16; // of the sums, that a block has
  private static final int REFINE_THREADS = 512;
  private static final int REMEMBERING = 16; // blocks for the keys and values of a head

  private final Past past;
  private final DevicePast.Rows rows;

  /**
   * What comes before the positions.
   *
   * @param memory of them
   * @param length how many there are
   * @param ranks address of how many of them are real, {@code [B]}; 0 if nothing is padded
   * @param mass address of room for {@code [B, H]}
   */
  record Past(DevicePast memory, int length, long ranks, long mass) {}

  DecodedStages(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      SeaScratch scratch,
      GpuSession session,
      Past past) {
    super(call, inputs, size, scratch, session, session.stream());
    this.past = past;
    this.rows = new DevicePast.Rows(session);
  }

  /**
   * Takes the positions.
   *
   * @param served whether the last row of the estimate, whose weights and gates are in scratch,
   *     serves all of them; otherwise the first has a row of its own
   */
  void take(boolean served) {
    boolean one = size.length() == 1;
    if (served && one) {
      takeServedOne();
    } else if (served) {
      takeServed();
    } else if (one) {
      takeOne();
    } else {
      takeMany();
    }
  }

  private void takeMany() {
    remember();
    mixRoughly(0);
    encode();
    weigh(paint());
    cut("sea_cut", "seaCut", past.length());
    attend();
    if (size.every() > 1) {
      keepLastRow();
    }
  }

  private void takeServed() {
    remember();
    for (int head = 0; head < heads; head += scratch.headsAtOnce()) {
      sumUp(head, Math.min(scratch.headsAtOnce(), heads - head));
    }
    cut("sea_cut", "seaCut", past.length());
    attend();
  }

  private void takeOne() {
    stepRoughly(query().address());
    stepEncode();
    stepRead();
    weigh(stepRefine());
    cut("sea_cut", "seaCut", past.length());
    attend();
  }

  private void takeServedOne() {
    stepRoughly(0);
    cut("sea_cut", "seaCut", past.length());
    attend();
  }

  private int rowsBefore() {
    return SeaSize.ceilingOf(past.length(), size.every());
  }

  private int[] words() {
    return new int[] {past.length(), past.memory().room()};
  }

  private void remember() {
    DevicePast memory = past.memory();
    launch(
        "sea_decode",
        "seaRemember",
        Grid.of(REMEMBERING, heads, 1, STEP_THREADS),
        addresses(
                input(SeaInputs.KEY),
                input(SeaInputs.VALUE),
                scratch.ranks(),
                past.ranks(),
                memory.keys(0),
                memory.values(0),
                memory.positions(0),
                memory.valueSums(0),
                context())
            .words(axes())
            .words(words()));
  }

  @Override
  void scan(Grid grid, int firstHead) {
    launch(
        "sea_decode",
        "seaSumsScan",
        grid,
        addresses(scratch.states(), past.memory().sums(firstHead)).words(axes()));
  }

  @Override
  long places() {
    return super.places() + (long) past.length() * size.headSize() * Float.BYTES;
  }

  @Override
  void refine(Grid tiles, String refinement, long from, long into) {
    int layer = SeaParameters.refinements(size.options()).indexOf(refinement);
    long ago = past.memory().picture(layer, 0);
    launch(
        "sea_decode",
        "seaRefineOn",
        tiles,
        addresses(from, ago, weight(refinement), bias(refinement), into)
            .words(axes())
            .integer(rowsBefore()));
    launch(
        "sea_decode",
        "seaKeepRows",
        Grid.of(
            SeaSize.ceilingOf(
                PictureLayout.BACK * size.channels() * size.stripWidth(), STEP_THREADS),
            size.batch(),
            1,
            STEP_THREADS),
        addresses(from, ago).words(axes()).integer(rowsBefore()));
  }

  @Override
  void attend() {
    DevicePast memory = past.memory();
    int sharing = size.length() == 1 ? QUERIES : 1; // warps of a query
    launch(
        "sea_attention",
        gathering("seaDecodedAttention"),
        Grid.of(SeaSize.ceilingOf(size.length(), QUERIES / sharing), heads, 1, QUERIES * WARP),
        attending(memory.keys(0), memory.values(0), scratch.ranks() == 0 ? 0 : memory.positions(0))
            .words(past.length(), memory.room(), sharing));
  }

  private void keepLastRow() {
    int last = size.rows() - 1;
    int weights = size.heads() * size.width();
    rows.copy(
        scratch.weights() + (long) last * weights * Float.BYTES,
        past.memory().weights(0),
        size.batch(),
        weights,
        size.rows() * weights,
        weights);
    rows.copy(
        scratch.gates() + 2L * last * Float.BYTES,
        past.memory().gates(0),
        heads,
        2,
        2 * size.rows(),
        2);
  }

  /**
   * @param query 0 if a rough context is not needed
   */
  private void stepRoughly(long query) {
    DevicePast memory = past.memory();
    launch(
        "sea_decode",
        "seaStepRough",
        Grid.of(SeaSize.ceilingOf(2 * size.headSize(), COLUMNS) + 1, heads, 1, STEP_THREADS),
        addresses(
                query,
                input(SeaInputs.KEY),
                input(SeaInputs.VALUE),
                parameter(SeaParameters.PROJECTION),
                places(),
                scratch.ranks(),
                past.ranks(),
                memory.keys(0),
                memory.values(0),
                memory.positions(0),
                memory.valueSums(0),
                context(),
                memory.sums(0),
                scratch.rough(),
                past.mass())
            .words(axes())
            .words(words())
            .number(featureScale() * size.queryScale())
            .number(featureScale()));
  }

  private int joint() {
    return size.options().jointEncoder() ? size.heads() : 1;
  }

  private void stepEncode() {
    launch(
        "sea_decode",
        "seaStepEncode",
        Grid.of(
            SeaSize.ceilingOf(2 * size.headSize() * joint(), STEP_WARPS),
            heads / joint(),
            1,
            STEP_THREADS),
        addresses(
                scratch.rough(),
                past.mass(),
                input(SeaInputs.VALUE),
                scratch.ranks(),
                weight(SeaParameters.ENCODER),
                bias(SeaParameters.ENCODER),
                scratch.hidden())
            .words(axes())
            .integer(joint()));
  }

  private void stepRead() {
    launch(
        "sea_decode",
        "seaStepRead",
        Grid.of(heads, 1, 1, STEP_THREADS),
        addresses(
                scratch.hidden(),
                weight(SeaParameters.ENCODER_NORM),
                bias(SeaParameters.ENCODER_NORM),
                weight(SeaParameters.ROWS),
                bias(SeaParameters.ROWS),
                weight(SeaParameters.GATES),
                bias(SeaParameters.GATES),
                weight(SeaParameters.STRIPS_NORM),
                bias(SeaParameters.STRIPS_NORM),
                scratch.gates(),
                scratch.picture())
            .words(axes())
            .integer(joint()));
  }

  /** Returns where the last picture is. */
  private long stepRefine() {
    boolean deeper = size.options().deeper();
    LaunchArguments arguments =
        addresses(
            scratch.picture(),
            scratch.refined(),
            past.memory().picture(0, 0),
            weight(SeaParameters.PAINT_REFINE),
            bias(SeaParameters.PAINT_REFINE),
            weight(SeaParameters.PAINT_REFINE_AGAIN),
            bias(SeaParameters.PAINT_REFINE_AGAIN),
            deeper ? weight(SeaParameters.PAINT_REFINE_DEEPER) : 0,
            deeper ? bias(SeaParameters.PAINT_REFINE_DEEPER) : 0);
    launch(
        "sea_decode",
        "seaStepRefine",
        Grid.of(size.batch(), 1, 1, REFINE_THREADS),
        arguments.words(axes()).integer(rowsBefore()));
    return deeper ? scratch.refined() : scratch.picture();
  }
}
