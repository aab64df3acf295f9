package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelCall;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gradients of all parameters of a layer without causal mask, summed over a window. */
record WindowSums(EncoderSums encoder, PaintedWindowSums painted) implements ParameterSums {

  static WindowSums of(KernelCall call, SeaSize size, AroundWeights weights) {
    return new WindowSums(EncoderSums.of(call, size), PaintedWindowSums.of(call, weights));
  }

  /** Zeros of the size of everything. */
  static Map<String, double[]> totals(SeaSize size) {
    Map<String, double[]> totals = new LinkedHashMap<>(EncoderSums.totals(size));
    totals.putAll(PaintedWindowSums.totals(size));
    return totals;
  }

  void clear() {
    encoder.clear();
    painted.clear();
  }

  @Override
  public void addTo(Map<String, double[]> totals) {
    encoder.addTo(totals);
    painted.addTo(totals);
  }
}
