package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gradients of the parameters that {@link EncoderGradient} passes, summed over a span.
 *
 * <p>What is one number a vector is summed in double precision, over all vectors; products of
 * vectors are summed as matrix products are.
 *
 * @param weight of the encoder, {@code [2D, 3D]}, times H on both axes if it is joint
 * @param bias of the encoder, {@code [2D]}, times H if it is joint, as the next two
 * @param gain of its norm
 * @param normBias of its norm
 * @param gates {@code [2, 2D]}
 * @param gateBias {@code [2]}
 */
@SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
record EncoderSums(
    Block weight,
    double[] bias,
    double[] gain,
    double[] normBias,
    double[] gates,
    double[] gateBias) {

  static EncoderSums of(KernelCall call, SeaSize size) {
    int together = size.options().jointEncoder() ? size.heads() : 1;
    int width = 2 * size.headSize() * together;
    int seen = width / 2 * 3;
    return new EncoderSums(
        Block.of(call.floats(width * seen), width, seen),
        new double[width],
        new double[width],
        new double[width],
        new double[2 * 2 * size.headSize()],
        new double[2]);
  }

  /** Zeros of the size of everything, the weight's rows one after the other. */
  static Map<String, double[]> totals(SeaSize size) {
    int together = size.options().jointEncoder() ? size.heads() : 1;
    int width = 2 * size.headSize() * together;
    Map<String, double[]> totals = new LinkedHashMap<>();
    totals.put(SeaParameters.weight(SeaParameters.ENCODER), new double[width * (width / 2 * 3)]);
    totals.put(SeaParameters.bias(SeaParameters.ENCODER), new double[width]);
    totals.put(SeaParameters.weight(SeaParameters.ENCODER_NORM), new double[width]);
    totals.put(SeaParameters.bias(SeaParameters.ENCODER_NORM), new double[width]);
    totals.put(SeaParameters.weight(SeaParameters.GATES), new double[2 * 2 * size.headSize()]);
    totals.put(SeaParameters.bias(SeaParameters.GATES), new double[2]);
    return totals;
  }

  void clear() {
    Arrays.fill(weight.data(), 0);
    vectors().values().forEach(sum -> Arrays.fill(sum, 0));
  }

  /** Adds these sums to those of {@link #totals}. */
  void addTo(Map<String, double[]> totals) {
    totals.forEach(
        (name, total) -> {
          double[] ofVectors = vectors().get(name);
          for (int i = 0; i < total.length; i++) {
            total[i] += ofVectors == null ? weight.data()[i] : ofVectors[i];
          }
        });
  }

  private Map<String, double[]> vectors() {
    return Map.of(
        SeaParameters.bias(SeaParameters.ENCODER), bias,
        SeaParameters.weight(SeaParameters.ENCODER_NORM), gain,
        SeaParameters.bias(SeaParameters.ENCODER_NORM), normBias,
        SeaParameters.weight(SeaParameters.GATES), gates,
        SeaParameters.bias(SeaParameters.GATES), gateBias);
  }
}
