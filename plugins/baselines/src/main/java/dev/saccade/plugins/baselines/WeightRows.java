package dev.saccade.plugins.baselines;

import dev.saccade.api.kernel.Tensor;

/**
 * A matrix of parameters whose rows are added up. A product W·x is such a sum if W lies transposed,
 * and as a loop without a running sum the JIT turns it into vector instructions. Immutable.
 */
final class WeightRows {

  private final double[] numbers; // [rows, width]
  private final int width;

  private WeightRows(double[] numbers, int width) {
    this.numbers = numbers;
    this.width = width;
  }

  /** The tensor as it lies, its last axis being the rows. */
  static WeightRows of(Tensor tensor) {
    int width = Math.toIntExact(tensor.shape().axis(tensor.shape().rank() - 1));
    return new WeightRows(HeadElements.all(tensor), width);
  }

  /**
   * A row for every input of W.
   *
   * @param weight W, {@code [out, in]}
   */
  static WeightRows transposed(Tensor weight) {
    double[] given = HeadElements.all(weight);
    int outs = Math.toIntExact(weight.shape().axis(0));
    int ins = given.length / outs;
    double[] numbers = new double[given.length];
    for (int out = 0; out < outs; out++) {
      for (int in = 0; in < ins; in++) {
        numbers[in * outs + out] = given[out * ins + in];
      }
    }
    return new WeightRows(numbers, outs);
  }

  /** How many numbers a row has. */
  int width() {
    return width;
  }

  double at(int row, int column) {
    return numbers[row * width + column];
  }

  /** Adds a row times a number. */
  void add(int row, double times, double[] sum) {
    add(row, times, sum, width);
  }

  /** Adds the first {@code count} numbers of a row times a number. */
  void add(int row, double times, double[] sum, int count) {
    int from = row * width;
    for (int i = 0; i < count; i++) {
      sum[i] += times * numbers[from + i];
    }
  }
}
