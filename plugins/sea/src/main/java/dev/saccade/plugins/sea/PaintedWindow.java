package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;

/**
 * {@link PaintedRows} for some pairs of rows; see {@link Windows}. To use by one thread.
 *
 * <p>Scores of pair p come from refined pairs p − 1 … p + 1, those from halved ones p − 2 … p + 2,
 * and those from the strips of rows 2p − 5 … 2p + 5. With an odd number of rows each is blended
 * from two joined ones, its own and the next.
 */
final class PaintedWindow {

  /** Pairs of strips that a pair of scores needs before it and behind it. */
  static final int BEFORE = 3;

  static final int BEHIND = 2;

  private final BlockMath math;
  private final SeaSize size;
  private final Windows windows;
  private final AroundWeights weights;
  private final Picture[] strips; // even rows and odd ones
  private final Picture[] halved;
  private final Picture[] refined;
  private final Picture[] joined; // even rows and odd ones
  private final float[] blended; // [rows, W]
  private int base; // the pair that is row 0 of the pictures
  private int firstPair;
  private int endPair;

  /**
   * @param most pairs of scores at once
   */
  PaintedWindow(SeaRun run, KernelCall call, AroundWeights weights, int most) {
    this.math = run.blocks();
    this.size = run.size();
    this.windows = Windows.of(size);
    this.weights = weights;
    int rows = Math.min(most, windows.pairs()) + BEFORE + BEHIND;
    int channels = size.channels();
    int width = size.stripWidth();
    this.strips = pair(call, channels, rows, width);
    this.halved = new Picture[] {new Picture(call, channels, rows, width)};
    this.refined = new Picture[] {new Picture(call, channels, rows, width)};
    this.joined = pair(call, size.heads(), rows, width);
    this.blended = call.floats(size.blockRows() * width);
  }

  static Picture[] pair(KernelCall call, int channels, int rows, int width) {
    return new Picture[] {
      new Picture(call, channels, rows, width), new Picture(call, channels, rows, width)
    };
  }

  /** Begins a window whose scores are of pairs {@code firstPair} … {@code endPair} − 1. */
  void begin(int firstPair, int endPair) {
    this.firstPair = firstPair;
    this.endPair = endPair;
    this.base = firstPair - BEFORE;
    for (Picture[] pictures : new Picture[][] {strips, halved, refined, joined}) {
      for (Picture picture : pictures) {
        picture.clear();
      }
    }
  }

  /** The first row whose strips it needs. */
  int firstRow() {
    return windows.row(Math.max(base, 0));
  }

  /** Behind the last row whose strips it needs. */
  int endRow() {
    return windows.row(Math.min(endPair + BEHIND, windows.pairs()));
  }

  /**
   * Takes the strips of some rows.
   *
   * @param x {@code [rows·4H, W]}
   */
  void put(int firstRow, int rows, Block x) {
    for (int row = 0; row < rows; row++) {
      Picture picture = strips[(firstRow + row) % 2];
      int pair = (firstRow + row) / 2 - base;
      for (int channel = 0; channel < size.channels(); channel++) {
        System.arraycopy(
            x.data(),
            x.at(row * size.channels() + channel, 0),
            picture.data(),
            picture.at(channel, pair),
            size.stripWidth());
      }
    }
  }

  /** Paints, when all strips are there. */
  void paint() {
    int from = local(firstPair - 2);
    int to = local(endPair + 2);
    weights.halve().apply(math, strips, halved[0], from, to);
    halved[0].cutNegative(from, to - from);
    from = local(firstPair - 1);
    to = local(endPair + 1);
    weights.refine().apply(math, halved, refined[0], from, to);
    refined[0].cutNegative(from, to - from);
    weights.joinEven().apply(math, refined, joined[0], local(firstPair), to);
    weights.joinOdd().apply(math, refined, joined[1], local(firstPair), to);
  }

  /** The row of the pictures that a pair of the sequence, or its edge, is. */
  int local(int pair) {
    return Math.max(0, Math.min(pair, windows.pairs())) - base;
  }

  /** Of even rows and of odd ones. */
  Picture[] strips() {
    return strips;
  }

  /** One. */
  Picture[] halved() {
    return halved;
  }

  /** One. */
  Picture[] refined() {
    return refined;
  }

  /** Rows of each of its pictures. */
  int rows() {
    return halved[0].rows();
  }

  /**
   * Stretches painted rows to scores.
   *
   * @param from the first row, one of the window's pairs; no more than a block of them
   * @param scores {@code [rows·H, M]}, written
   */
  void stretch(int from, int to, Block scores) {
    int rows = to - from;
    for (int head = 0; head < size.heads(); head++) {
      for (int row = from; row < to; row++) {
        blend(head, row, (row - from) * size.stripWidth());
      }
      Block wide =
          new Block(
              scores.data(),
              scores.at(head, 0),
              rows,
              size.width(),
              size.heads() * size.width(),
              1);
      math.product(Block.of(blended, rows, size.stripWidth()), weights.stretch(), wide);
    }
  }

  /** An even number of rows is as it is painted; of an odd one, one more is painted. */
  private void blend(int head, int row, int at) {
    int width = size.stripWidth();
    Picture own = joined[row % 2];
    int from = own.at(head, row / 2 - base);
    if (windows.rows() % 2 == 0) {
      System.arraycopy(own.data(), from, blended, at, width);
      return;
    }
    Picture next = joined[(row + 1) % 2];
    int fromNext = next.at(head, (row + 1) / 2 - base);
    float share = windows.shareOfNext(row);
    for (int i = 0; i < width; i++) {
      blended[at + i] = (1 - share) * own.data()[from + i] + share * next.data()[fromNext + i];
    }
  }
}
