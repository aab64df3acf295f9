package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A 3×3 convolution of {@linkplain Picture pictures}, tap by tap.
 *
 * @param bias {@code [1, out]}
 */
record Taps(List<Tap> taps, Block bias) {

  /** Rows at once: their pixels stay in a core's cache from tap to tap. */
  private static final int ROWS = 8;

  /**
   * Which row of which picture each row of a kernel sees.
   *
   * @param source the number of the picture
   * @param down how many rows further down
   * @param fromRow the first row of the kernel that sees it
   * @param endRow behind the last
   */
  record Sees(int source, int down, int fromRow, int endRow) {}

  /**
   * @param kernel {@code [out, in·3·3]}
   * @param bias {@code [1, out]}
   */
  static Taps of(Block kernel, Block bias, Sees... rows) {
    List<Tap> taps = new ArrayList<>();
    for (Sees row : rows) {
      for (int right = -1; right <= 1; right++) {
        taps.add(Tap.of(row.source(), row.down(), right, row.fromRow(), row.endRow(), kernel));
      }
    }
    return new Taps(taps, bias);
  }

  /** Computes rows {@code from} … {@code to} − 1 of a picture from others. */
  void apply(BlockMath math, Picture[] sources, Picture into, int from, int to) {
    for (int first = from; first < to; first += ROWS) {
      int count = Math.min(ROWS, to - first);
      Block run = into.run(first, count, 0);
      for (int channel = 0; channel < run.rows(); channel++) {
        int at = run.at(channel, 0);
        Arrays.fill(run.data(), at, at + run.columns(), bias.data()[bias.at(0, channel)]);
      }
      for (Tap tap : taps) {
        Picture source = sources[tap.source()];
        int shift = source.shift(tap.down(), tap.right());
        math.addProduct(tap.weight(), source.run(first, count, shift), run);
      }
    }
    into.clearBorders(from, to - from);
  }

  /**
   * The way back to one of the pictures that it sees: adds to rows {@code from} … {@code to} − 1.
   *
   * @param gradient of the picture that came out
   */
  void back(BlockMath math, Picture gradient, int source, Picture into, int from, int to) {
    for (int first = from; first < to; first += ROWS) {
      int count = Math.min(ROWS, to - first);
      Block run = into.exactly(first, count, 0);
      for (Tap tap : taps) {
        if (tap.source() == source) {
          int shift = -gradient.shift(tap.down(), tap.right());
          math.addProduct(tap.weight().transposed(), gradient.exactly(first, count, shift), run);
        }
      }
    }
    into.clearBorders(from, to - from);
  }
}
