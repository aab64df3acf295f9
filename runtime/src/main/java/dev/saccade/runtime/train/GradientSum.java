package dev.saccade.runtime.train;

import dev.saccade.runtime.engine.kernel.DenseArrays;
import dev.saccade.runtime.engine.kernel.DenseNumbers;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradients of one step, added up over its batches in Java's memory.
 *
 * <p>Batches are weighted by their positions: several small ones give what a large one of all would
 * have given. The first batch is taken as it is and the others relative to it, so that a step of a
 * single batch rounds nothing. Sums are in a fixed order, whatever the number of threads.
 */
public final class GradientSum {

  private final List<TrainedParameter> parameters;
  private final Stretches stretches;
  private final float[][] sums;
  private double firstWeight;
  private double totalWeight;

  public GradientSum(List<TrainedParameter> parameters) {
    this.parameters = List.copyOf(parameters);
    this.stretches = new Stretches(parameters);
    this.sums =
        parameters.stream().map(parameter -> new float[parameter.length()]).toArray(float[][]::new);
  }

  /** Forgets all batches. */
  public void clear() {
    firstWeight = 0;
    totalWeight = 0;
  }

  /**
   * Adds the gradients of a batch.
   *
   * @param gradients in the parameters' order, of their shapes
   * @param weight how many positions they are the mean over; above 0
   */
  public void add(List<INDArray> gradients, long weight) {
    if (weight <= 0) {
      throw new IllegalArgumentException("weight must be above 0 but is " + weight);
    }
    requireFitting(gradients);
    boolean first = totalWeight == 0;
    if (first) {
      firstWeight = weight;
    }
    totalWeight += weight;
    float factor = (float) (weight / firstWeight);
    try (DenseArrays dense = DenseArrays.of(gradients)) {
      DenseNumbers[] memory =
          Arrays.stream(dense.arrays()).map(DenseNumbers::of).toArray(DenseNumbers[]::new);
      if (first) {
        stretches.forEach(
            (stretch, parameter, start, end) ->
                memory[parameter].read(start, sums[parameter], start, end - start));
      } else {
        stretches.forEach(
            (stretch, parameter, start, end) ->
                add(memory[parameter], factor, sums[parameter], start, end));
      }
    }
  }

  private static void add(DenseNumbers from, float factor, float[] sum, int start, int end) {
    float[] values = new float[end - start];
    from.read(start, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      sum[start + i] += factor * values[i];
    }
  }

  private void requireFitting(List<INDArray> gradients) {
    if (gradients.size() != parameters.size()) {
      throw new IllegalArgumentException(
          "there must be a gradient for each of %d parameters but there are %d"
              .formatted(parameters.size(), gradients.size()));
    }
    for (int i = 0; i < gradients.size(); i++) {
      INDArray gradient = gradients.get(i);
      if (gradient.dataType() != DataType.FLOAT
          || !Arrays.equals(gradient.shape(), parameters.get(i).array().shape())) {
        throw new IllegalArgumentException(
            "the gradient of %s must be FLOAT of its shape but is %s %s"
                .formatted(
                    parameters.get(i), gradient.dataType(), Arrays.toString(gradient.shape())));
      }
    }
  }

  /** Returns what a sum must be multiplied with to give the mean over positions. */
  public double scale() {
    return firstWeight / totalWeight;
  }

  /** Returns the Euclidean length of the mean gradient of all parameters together. */
  public double norm() {
    double[] squares = squares();
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return Math.sqrt(sum) * scale();
  }

  /** Returns the first parameter whose gradient has an element that is no finite number. */
  public OptionalInt firstBroken() {
    double[] squares = squares();
    for (int stretch = 0; stretch < squares.length; stretch++) {
      // Squares of finite floats are far from a double's limit.
      if (!Double.isFinite(squares[stretch])) {
        return OptionalInt.of(stretches.parameter(stretch));
      }
    }
    return OptionalInt.empty();
  }

  private double[] squares() {
    double[] squares = new double[stretches.count()];
    stretches.forEach(
        (stretch, parameter, start, end) ->
            squares[stretch] = sumOfSquares(sums[parameter], start, end));
    return squares;
  }

  private static double sumOfSquares(float[] values, int start, int end) {
    double sum = 0;
    for (int i = start; i < end; i++) {
      sum += (double) values[i] * values[i];
    }
    return sum;
  }

  /** Returns the sums of a parameter; see {@link #scale}. */
  float[] of(int parameter) {
    return sums[parameter];
  }

  Stretches stretches() {
    return stretches;
  }
}
