package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Gradients of the painting's parameters, summed over a segment. The joining's bias has none, since
 * the norm behind it takes it away.
 *
 * @param refinements in order
 * @param join {@code [H, 2H]}
 * @param stripsNorm over W
 * @param scoresNorm over M
 */
record PaintedSums(
    List<String> names, List<Refinement> refinements, Block join, Norm stripsNorm, Norm scoresNorm)
    implements ParameterSums {

  private static final int TAPS = 3;

  /**
   * Of a convolution.
   *
   * @param taps {@code [out, in]} each, row by row
   * @param bias {@code [out]}
   */
  @SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
  record Refinement(List<Block> taps, double[] bias) {

    Block tap(int row, int column) {
      return taps.get(row * TAPS + column);
    }
  }

  /** Of the norm of rows. */
  @SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
  record Norm(double[] gain, double[] bias) {}

  NormGradient stripsNorm(SeaWeights.Norm norm) {
    return new NormGradient(norm.gain().data(), stripsNorm.gain(), stripsNorm.bias());
  }

  NormGradient scoresNorm(SeaWeights.Norm norm) {
    return new NormGradient(norm.gain().data(), scoresNorm.gain(), scoresNorm.bias());
  }

  static PaintedSums of(KernelCall call, SeaSize size) {
    int channels = size.channels();
    List<String> names = SeaParameters.refinements(size.options());
    return new PaintedSums(
        names,
        names.stream().map(name -> refinement(call, channels)).toList(),
        block(call, size.heads(), channels),
        new Norm(new double[size.stripWidth()], new double[size.stripWidth()]),
        new Norm(new double[size.width()], new double[size.width()]));
  }

  private static Refinement refinement(KernelCall call, int channels) {
    return new Refinement(
        Stream.generate(() -> block(call, channels, channels)).limit(TAPS * TAPS).toList(),
        new double[channels]);
  }

  private static Block block(KernelCall call, int rows, int columns) {
    return Block.of(call.floats(rows * columns), rows, columns);
  }

  /** Zeros of the size of everything. */
  static Map<String, double[]> totals(SeaSize size) {
    int channels = size.channels();
    Map<String, double[]> totals = new LinkedHashMap<>();
    for (String name : SeaParameters.refinements(size.options())) {
      totals.put(SeaParameters.weight(name), new double[channels * channels * TAPS * TAPS]);
      totals.put(SeaParameters.bias(name), new double[channels]);
    }
    totals.put(SeaParameters.weight(SeaParameters.PAINT_JOIN), new double[size.heads() * channels]);
    totals.put(SeaParameters.weight(SeaParameters.STRIPS_NORM), new double[size.stripWidth()]);
    totals.put(SeaParameters.bias(SeaParameters.STRIPS_NORM), new double[size.stripWidth()]);
    totals.put(SeaParameters.weight(SeaParameters.SCORES_NORM), new double[size.width()]);
    totals.put(SeaParameters.bias(SeaParameters.SCORES_NORM), new double[size.width()]);
    return totals;
  }

  void clear() {
    Stream.concat(Stream.of(join), refinements.stream().flatMap(each -> each.taps().stream()))
        .forEach(sum -> Arrays.fill(sum.data(), 0));
    vectors().values().forEach(sum -> Arrays.fill(sum, 0));
  }

  @Override
  public void addTo(Map<String, double[]> totals) {
    vectors().forEach((name, sum) -> ParameterSums.add(sum, totals, name));
    ParameterSums.add(join.data(), totals, SeaParameters.weight(SeaParameters.PAINT_JOIN));
    for (int i = 0; i < names.size(); i++) {
      String name = SeaParameters.weight(names.get(i));
      addTaps(refinements.get(i), Objects.requireNonNull(totals.get(name), name));
    }
  }

  /**
   * @param total {@code [out, in, 3, 3]}
   */
  private static void addTaps(Refinement sums, double[] total) {
    for (int tap = 0; tap < TAPS * TAPS; tap++) {
      float[] sum = sums.taps().get(tap).data(); // [out, in]
      for (int i = 0; i < sum.length; i++) {
        total[i * TAPS * TAPS + tap] += sum[i];
      }
    }
  }

  private Map<String, double[]> vectors() {
    Map<String, double[]> vectors = new LinkedHashMap<>();
    IntStream.range(0, names.size())
        .forEach(i -> vectors.put(SeaParameters.bias(names.get(i)), refinements.get(i).bias()));
    vectors.put(SeaParameters.weight(SeaParameters.STRIPS_NORM), stripsNorm.gain());
    vectors.put(SeaParameters.bias(SeaParameters.STRIPS_NORM), stripsNorm.bias());
    vectors.put(SeaParameters.weight(SeaParameters.SCORES_NORM), scoresNorm.gain());
    vectors.put(SeaParameters.bias(SeaParameters.SCORES_NORM), scoresNorm.bias());
    return vectors;
  }
}
