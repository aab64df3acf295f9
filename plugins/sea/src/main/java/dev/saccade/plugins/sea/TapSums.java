package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.List;

/**
 * What the weights of {@link Taps} get on the way back, summed over some rows.
 *
 * @param ofTaps {@code [out, in]} for every tap
 * @param bias {@code [out]}
 */
@SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
record TapSums(Taps taps, List<Block> ofTaps, double[] bias) {

  private static final int KERNEL = 9;

  /** Rows at once. */
  static final int ROWS = 8;

  static TapSums of(KernelCall call, Taps taps) {
    List<Block> ofTaps =
        taps.taps().stream()
            .map(Tap::weight)
            .map(w -> Block.of(call.floats(w.rows() * w.columns()), w.rows(), w.columns()))
            .toList();
    return new TapSums(taps, ofTaps, new double[taps.bias().columns()]);
  }

  void clear() {
    ofTaps.forEach(sum -> Arrays.fill(sum.data(), 0));
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
        for (int i = 0; i < ofTaps.size(); i++) {
          Tap tap = taps.taps().get(i);
          if (tap.source() == source) {
            int shift = gradient.shift(tap.down(), tap.right());
            math.addProduct(run, across.shifted(shift), ofTaps.get(i));
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
    for (int i = 0; i < ofTaps.size(); i++) {
      Tap tap = taps.taps().get(i);
      float[] sum = ofTaps.get(i).data();
      for (int row = tap.fromRow(); row < tap.endRow(); row++) {
        for (int j = 0; j < sum.length; j++) {
          kernel[j * KERNEL + row * 3 + tap.column()] += sum[j];
        }
      }
    }
  }
}
