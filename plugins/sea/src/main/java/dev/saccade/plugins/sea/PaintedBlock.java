package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * {@link PaintedPast} some rows at a time. To use by one thread.
 *
 * <p>Pictures lie as {@link PictureLayout} says. Before the rows of a block are the {@value
 * PictureLayout#BACK} of the block before.
 */
final class PaintedBlock {

  private static final int BACK = PictureLayout.BACK;

  private final BlockMath blocks;
  private final SeaMath math;
  private final SeaSize size;
  private final PastWeights weights;
  private final PictureLayout layout;
  private final float[][] pictures; // before, between and after the convolutions
  private final float[] joined;

  /**
   * @param rows the most that are painted at once
   */
  PaintedBlock(SeaRun run, KernelCall call, PastWeights weights, SeaMath math, int rows) {
    this(run.size(), weights, call::floats, math, rows);
  }

  PaintedBlock(
      SeaSize size, PastWeights weights, IntFunction<float[]> memory, SeaMath math, int rows) {
    this.blocks = math.blocks();
    this.math = math;
    this.size = size;
    this.weights = weights;
    this.layout = PictureLayout.of(size, rows);
    this.pictures = new float[weights.refinements().size() + 1][];
    for (int i = 0; i < pictures.length; i++) {
      pictures[i] = memory.apply(layout.numbers());
    }
    this.joined = memory.apply(size.heads() * layout.wholePixels(rows));
  }

  /** Forgets the rows before the next block: there are none. */
  void begin() {
    for (float[] picture : pictures) {
      for (int channel = 0; channel < size.channels(); channel++) {
        int start = channel * layout.channelStride();
        Arrays.fill(picture, start, start + BACK * layout.columns(), 0);
      }
    }
  }

  /** How many numbers {@link #keep} keeps. */
  static int pastSize(SeaSize size) {
    PictureLayout layout = PictureLayout.of(size, 0);
    return size.lookBack() * size.channels() * layout.columns();
  }

  /** Goes on behind the rows that were kept; all zeros if there are none. */
  void begin(float[] past) {
    begin();
    copyPast(
        (picture, at, start) ->
            System.arraycopy(past, at, picture, start, BACK * layout.columns()));
  }

  /** Keeps what the next rows look back to. */
  void keep(float[] past) {
    copyPast(
        (picture, at, start) ->
            System.arraycopy(picture, start, past, at, BACK * layout.columns()));
  }

  private void copyPast(PastCopy copy) {
    int at = 0;
    for (int i = 0; i + 1 < pictures.length; i++) {
      for (int channel = 0; channel < size.channels(); channel++) {
        copy.run(pictures[i], at, channel * layout.channelStride());
        at += BACK * layout.columns();
      }
    }
  }

  /** Copies the last rows of a channel, which lie at {@code at} in what is kept. */
  private interface PastCopy {
    void run(float[] picture, int at, int start);
  }

  /**
   * Paints the next rows.
   *
   * @param strips {@code [rows·2H, W]}, changed
   * @param scores {@code [rows·H, M]}, written
   */
  void paint(int rows, Block strips, Block scores) {
    math.normalise(strips, weights.stripsNorm());
    refine(rows, strips);
    join(rows, scores);
    math.normalise(scores, weights.scoresNorm());
    keepLast(rows);
  }

  /**
   * Makes pictures of the next rows.
   *
   * @param strips normalised, {@code [rows·2H, W]}
   */
  void refine(int rows, Block strips) {
    for (int row = 0; row < rows; row++) {
      for (int channel = 0; channel < size.channels(); channel++) {
        System.arraycopy(
            strips.data(),
            strips.at(row * size.channels() + channel, 0),
            pictures[0],
            layout.at(channel, BACK + row),
            size.stripWidth());
      }
    }
    for (int i = 0; i + 1 < pictures.length; i++) {
      refine(rows, weights.refinements().get(i), pictures[i], pictures[i + 1]);
    }
  }

  private void refine(int rows, PastWeights.Refinement refinement, float[] from, float[] to) {
    int pixels = layout.wholePixels(rows);
    Block into = layout.run(to, BACK, 0, pixels);
    for (int channel = 0; channel < size.channels(); channel++) {
      int at = into.at(channel, 0);
      Arrays.fill(to, at, at + into.columns(), refinement.bias().data()[channel]);
    }
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        Block seen = layout.run(from, BACK, -layout.reach(row, column), pixels);
        blocks.addProduct(refinement.tap(row, column), seen, into);
      }
    }
    for (int channel = 0; channel < size.channels(); channel++) {
      int at = into.at(channel, 0);
      for (int i = at; i < at + into.columns(); i++) {
        to[i] = Math.max(to[i], 0);
      }
    }
    layout.clearBorders(to, BACK, rows);
  }

  /** Makes the last rows those before the next block. */
  private void keepLast(int rows) {
    for (int i = 0; i + 1 < pictures.length; i++) {
      for (int channel = 0; channel < size.channels(); channel++) {
        int start = channel * layout.channelStride();
        System.arraycopy(
            pictures[i],
            start + rows * layout.columns(),
            pictures[i],
            start,
            BACK * layout.columns());
      }
    }
  }

  /**
   * Joins the last picture to one a head and resizes it.
   *
   * @param scores before they are normalised, {@code [rows·H, M]}
   */
  void join(int rows, Block scores) {
    int pixels = layout.wholePixels(rows);
    Block all = Block.of(joined, size.heads(), pixels);
    blocks.product(weights.join(), layout.run(pictures[pictures.length - 1], BACK, 0, pixels), all);
    for (int head = 0; head < size.heads(); head++) {
      Block ofHead =
          new Block(joined, all.at(head, 0), rows, size.stripWidth(), layout.columns(), 1);
      blocks.product(ofHead, weights.stretch(), ofHead(scores, head));
    }
  }

  /** The rows of one head, {@code [rows, M]}, of scores {@code [rows·H, M]}. */
  Block ofHead(Block scores, int head) {
    int heads = size.heads();
    return new Block(
        scores.data(),
        scores.at(head, 0),
        scores.rows() / heads,
        scores.columns(),
        heads * scores.columns(),
        1);
  }

  PictureLayout layout() {
    return layout;
  }

  /** Before convolution i; the rows of the last block begin with row {@code BACK}. */
  float[] picture(int i) {
    return pictures[i];
  }
}
