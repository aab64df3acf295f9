package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelCall;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Gradients of the parameters of {@link AroundWeights}, summed over a window. The joining's bias
 * has none, since the softmax takes it away.
 */
record PaintedWindowSums(TapSums halve, TapSums refine, TapSums joinEven, TapSums joinOdd)
    implements ParameterSums {

  static PaintedWindowSums of(KernelCall call, AroundWeights weights) {
    return new PaintedWindowSums(
        TapSums.of(call, weights.halve()),
        TapSums.of(call, weights.refine()),
        TapSums.of(call, weights.joinEven()),
        TapSums.of(call, weights.joinOdd()));
  }

  /** Zeros of the size of everything. */
  static Map<String, double[]> totals(SeaSize size) {
    int channels = size.channels();
    Map<String, double[]> totals = new LinkedHashMap<>();
    for (String name : new String[] {SeaParameters.PAINT_HALVE, SeaParameters.PAINT_REFINE}) {
      totals.put(SeaParameters.weight(name), new double[channels * channels * 9]);
      totals.put(SeaParameters.bias(name), new double[channels]);
    }
    totals.put(
        SeaParameters.weight(SeaParameters.PAINT_JOIN), new double[size.heads() * channels * 9]);
    return totals;
  }

  void clear() {
    Stream.of(halve, refine, joinEven, joinOdd).forEach(TapSums::clear);
  }

  @Override
  public void addTo(Map<String, double[]> totals) {
    halve.addTo(kernel(totals, SeaParameters.PAINT_HALVE));
    ParameterSums.add(halve.bias(), totals, SeaParameters.bias(SeaParameters.PAINT_HALVE));
    refine.addTo(kernel(totals, SeaParameters.PAINT_REFINE));
    ParameterSums.add(refine.bias(), totals, SeaParameters.bias(SeaParameters.PAINT_REFINE));
    joinEven.addTo(kernel(totals, SeaParameters.PAINT_JOIN));
    joinOdd.addTo(kernel(totals, SeaParameters.PAINT_JOIN));
  }

  private static double[] kernel(Map<String, double[]> totals, String name) {
    return Objects.requireNonNull(totals.get(SeaParameters.weight(name)), name);
  }
}
