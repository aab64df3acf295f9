package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gradients of the encoder's parameters, and of those that read from it, summed over a span.
 *
 * <p>What is one number a vector is summed in double precision, over all vectors; products of
 * vectors are summed as matrix products are.
 *
 * @param weight of the encoder, {@code [2D, 3D]}, times H on both axes if it is joint
 * @param bias of the encoder, {@code [2D]}, times H if it is joint, as the next two
 * @param gain of its norm
 * @param normBias of its norm
 * @param rows {@code [strips·W, 2D]}
 * @param rowsBias {@code [strips·W]}
 * @param gates {@code [2, 2D]}
 * @param gateBias {@code [2]}
 */
@SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
record EncoderSums(
    Block weight,
    double[] bias,
    double[] gain,
    double[] normBias,
    Block rows,
    double[] rowsBias,
    double[] gates,
    double[] gateBias)
    implements ParameterSums {

  static EncoderSums of(KernelCall call, SeaSize size) {
    int together = size.options().jointEncoder() ? size.heads() : 1;
    int width = 2 * size.headSize() * together;
    int seen = width / 2 * 3;
    int strips = size.strips().perHead() * size.stripWidth();
    return new EncoderSums(
        Block.of(call.floats(width * seen), width, seen),
        new double[width],
        new double[width],
        new double[width],
        Block.of(call.floats(strips * 2 * size.headSize()), strips, 2 * size.headSize()),
        new double[strips],
        new double[2 * 2 * size.headSize()],
        new double[2]);
  }

  /** Zeros of the size of everything, a weight's rows one after the other. */
  static Map<String, double[]> totals(SeaSize size) {
    int together = size.options().jointEncoder() ? size.heads() : 1;
    int width = 2 * size.headSize() * together;
    int strips = size.strips().perHead() * size.stripWidth();
    Map<String, double[]> totals = new LinkedHashMap<>();
    totals.put(SeaParameters.weight(SeaParameters.ENCODER), new double[width * (width / 2 * 3)]);
    totals.put(SeaParameters.bias(SeaParameters.ENCODER), new double[width]);
    totals.put(SeaParameters.weight(SeaParameters.ENCODER_NORM), new double[width]);
    totals.put(SeaParameters.bias(SeaParameters.ENCODER_NORM), new double[width]);
    totals.put(SeaParameters.weight(SeaParameters.ROWS), new double[strips * 2 * size.headSize()]);
    totals.put(SeaParameters.bias(SeaParameters.ROWS), new double[strips]);
    totals.put(SeaParameters.weight(SeaParameters.GATES), new double[2 * 2 * size.headSize()]);
    totals.put(SeaParameters.bias(SeaParameters.GATES), new double[2]);
    return totals;
  }

  void clear() {
    products().values().forEach(sum -> Arrays.fill(sum.data(), 0));
    vectors().values().forEach(sum -> Arrays.fill(sum, 0));
  }

  @Override
  public void addTo(Map<String, double[]> totals) {
    products().forEach((name, sum) -> ParameterSums.add(sum.data(), totals, name));
    vectors().forEach((name, sum) -> ParameterSums.add(sum, totals, name));
  }

  private Map<String, Block> products() {
    return Map.of(
        SeaParameters.weight(SeaParameters.ENCODER), weight,
        SeaParameters.weight(SeaParameters.ROWS), rows);
  }

  private Map<String, double[]> vectors() {
    return Map.of(
        SeaParameters.bias(SeaParameters.ENCODER), bias,
        SeaParameters.weight(SeaParameters.ENCODER_NORM), gain,
        SeaParameters.bias(SeaParameters.ENCODER_NORM), normBias,
        SeaParameters.bias(SeaParameters.ROWS), rowsBias,
        SeaParameters.weight(SeaParameters.GATES), gates,
        SeaParameters.bias(SeaParameters.GATES), gateBias);
  }
}
