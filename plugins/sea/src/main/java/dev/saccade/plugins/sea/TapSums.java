package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the weights of {@link Taps} get on the way back, summed over some rows. The taps of a
 * kernel's row see neighbouring pixels, so one wide product serves all three.
 *
 * @param ofRows {@code [out, 3·in]} for every three taps
 * @param bias {@code [out]}
 */
@SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
record TapSums(Taps taps, List<Block> ofRows, double[] bias) {

  private static final int SIDE = 3;

  /** Rows at once. */
  static final int ROWS = 8;

  static TapSums of(KernelCall call, Taps taps) {
    List<Block> ofRows = new ArrayList<>();
    for (int i = 0; i < taps.taps().size(); i += SIDE) {
      Block weight = taps.taps().get(i).weight();
      int columns = SIDE * weight.columns();
      ofRows.add(Block.of(call.floats(weight.rows() * columns), weight.rows(), columns));
    }
    return new TapSums(taps, List.copyOf(ofRows), new double[taps.bias().columns()]);
  }

  void clear() {
    ofRows.forEach(sum -> Arrays.fill(sum.data(), 0));
    Arrays.fill(bias, 0);
  }

  /**
   * Adds rows {@code from} … {@code to} − 1 of the gradient of what came out.
   *
   * @param sources what went in
   * @param gradient zero in its borders
   * @param across to work in
   */
  void add(
      BlockMath math, Picture[] sources, Picture gradient, int from, int to, PixelsAcross across) {
    float[] sums = new float[bias.length];
    for (int first = from; first < to; first += ROWS) {
      int count = Math.min(ROWS, to - first);
      Block run = gradient.exactly(first, count, 0);
      for (int source = 0; source < sources.length; source++) {
        across.load(math, sources[source], first, count);
        for (int i = 0; i < ofRows.size(); i++) {
          Tap tap = taps.taps().get(SIDE * i); // the left one
          if (tap.source() == source) {
            int shift = gradient.shift(tap.down(), tap.right());
            math.addProduct(run, across.shifted(shift, SIDE), ofRows.get(i));
          }
        }
      }
      Arrays.fill(sums, 0);
      math.rowSums(run, sums);
      for (int out = 0; out < sums.length; out++) {
        bias[out] += sums[out];
      }
    }
  }

  /**
   * Adds these sums to a kernel's.
   *
   * @param kernel {@code [out, in, 3, 3]}
   */
  void addTo(double[] kernel) {
    for (int i = 0; i < ofRows.size(); i++) {
      Tap tap = taps.taps().get(SIDE * i);
      for (int row = tap.fromRow(); row < tap.endRow(); row++) {
        addTo(kernel, row, ofRows.get(i));
      }
    }
  }

  private static void addTo(double[] kernel, int row, Block sum) {
    int inputs = sum.columns() / SIDE;
    for (int out = 0; out < sum.rows(); out++) {
      for (int in = 0; in < inputs; in++) {
        int at = ((out * inputs + in) * SIDE + row) * SIDE;
        for (int column = 0; column < SIDE; column++) {
          kernel[at + column] += sum.data()[sum.at(out, column * inputs + in)];
        }
      }
    }
  }
}
