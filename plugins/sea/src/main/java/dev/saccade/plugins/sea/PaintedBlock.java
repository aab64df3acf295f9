package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * {@link PaintedPast} some rows at a time. To use by one thread.
 *
 * <p>A picture holds the rows of a channel one after the other, before each of them two columns of
 * zeros, and before all of them the {@value #BACK} rows of the block before. A row's right border
 * is then the left one of the next, and every tap of a convolution is one product of {@code [2H,
 * 2H]} with the whole picture, shifted.
 */
final class PaintedBlock {

  /** Rows between the oldest that a convolution sees and the present one. */
  static final int BACK = 4;

  /** Columns between a tap of a convolution and the next, and rows too. */
  private static final int GAP = 2;

  private final BlockMath blocks;

  /** Runs of pixels are this much rounded up: odd ends of vectors cost more than whole ones. */
  private static final int WHOLE = 32;

  private final SeaMath math;
  private final SeaSize size;
  private final SeaWeights weights;
  private final int columns; // of a row with its border
  private final int channelStride;
  private final float[][] pictures; // before, between and after the convolutions
  private final float[] joined;

  PaintedBlock(SeaRun run, KernelCall call, SeaMath math) {
    this(run.size(), run.weights(), call::floats, math);
  }

  PaintedBlock(SeaSize size, SeaWeights weights, IntFunction<float[]> memory, SeaMath math) {
    this.blocks = math.blocks();
    this.math = math;
    this.size = size;
    this.weights = weights;
    this.columns = GAP + size.stripWidth();
    this.channelStride = BACK * columns + 2 * GAP + pixels(size.blockRows());
    this.pictures = new float[weights.refinements().size() + 1][];
    for (int i = 0; i < pictures.length; i++) {
      pictures[i] = memory.apply(size.channels() * channelStride);
    }
    this.joined = memory.apply(size.heads() * pixels(size.blockRows()));
  }

  /** Forgets the rows before the next block: there are none. */
  void begin() {
    for (float[] picture : pictures) {
      Arrays.fill(picture, 0);
    }
  }

  /** How many numbers {@link #keep} keeps. */
  static int pastSize(SeaSize size) {
    return size.lookBack() * size.channels() * (GAP + size.stripWidth());
  }

  /** Goes on behind the rows that were kept; all zeros if there are none. */
  void begin(float[] past) {
    begin();
    copyPast((picture, at, start) -> System.arraycopy(past, at, picture, start, BACK * columns));
  }

  /** Keeps what the next rows look back to. */
  void keep(float[] past) {
    copyPast((picture, at, start) -> System.arraycopy(picture, start, past, at, BACK * columns));
  }

  private void copyPast(PastCopy copy) {
    int at = 0;
    for (int i = 0; i + 1 < pictures.length; i++) {
      for (int channel = 0; channel < size.channels(); channel++) {
        copy.run(pictures[i], at, channel * channelStride);
        at += BACK * columns;
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
    for (int row = 0; row < rows; row++) {
      for (int channel = 0; channel < size.channels(); channel++) {
        System.arraycopy(
            strips.data(),
            strips.at(row * size.channels() + channel, 0),
            pictures[0],
            at(channel, BACK + row),
            size.stripWidth());
      }
    }
    for (int i = 0; i + 1 < pictures.length; i++) {
      refine(rows, weights.refinements().get(i), pictures[i], pictures[i + 1]);
      keepLast(rows, pictures[i]);
    }
    join(rows, pictures[pictures.length - 1], scores);
    math.normalise(scores, weights.scoresNorm());
  }

  /** Where the first pixel of a row lies in a picture. */
  private int at(int channel, int row) {
    return channel * channelStride + row * columns + GAP;
  }

  /** From the first pixel of a row to the last of so many, rounded up. */
  private int pixels(int rows) {
    return SeaSize.ceilingOf(rows * columns - GAP, WHOLE) * WHOLE;
  }

  /** All channels from the first pixel of the first new row to the last of the last, shifted. */
  private Block run(int rows, float[] picture, int shift) {
    return new Block(picture, at(0, BACK) + shift, size.channels(), pixels(rows), channelStride, 1);
  }

  private void refine(int rows, SeaWeights.Refinement refinement, float[] from, float[] to) {
    Block into = run(rows, to, 0);
    for (int channel = 0; channel < size.channels(); channel++) {
      int at = into.at(channel, 0);
      Arrays.fill(to, at, at + into.columns(), refinement.bias().data()[channel]);
    }
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        int shift = GAP * (column - 1) - (BACK - GAP * row) * columns;
        blocks.addProduct(refinement.tap(row, column), run(rows, from, shift), into);
      }
    }
    for (int channel = 0; channel < size.channels(); channel++) {
      int at = into.at(channel, 0);
      for (int i = at; i < at + into.columns(); i++) {
        to[i] = Math.max(to[i], 0);
      }
      for (int row = 1; row <= rows; row++) {
        Arrays.fill(to, at(channel, BACK + row) - GAP, at(channel, BACK + row), 0);
      }
    }
  }

  /** Makes the last rows those before the next block. */
  private void keepLast(int rows, float[] picture) {
    for (int channel = 0; channel < size.channels(); channel++) {
      int start = channel * channelStride;
      System.arraycopy(picture, start + rows * columns, picture, start, BACK * columns);
    }
  }

  private void join(int rows, float[] picture, Block scores) {
    Block all = Block.of(joined, size.heads(), pixels(rows));
    blocks.product(weights.join(), run(rows, picture, 0), all);
    for (int head = 0; head < size.heads(); head++) {
      Block ofHead = new Block(joined, all.at(head, 0), rows, size.stripWidth(), columns, 1);
      Block wide =
          new Block(
              scores.data(),
              scores.at(head, 0),
              rows,
              size.width(),
              size.heads() * size.width(),
              1);
      blocks.product(ofHead, weights.stretch(), wide);
    }
  }
}
