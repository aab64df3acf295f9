package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Compares tensors element by element, in Java; a NaN is never close to anything. */
final class TensorDifference {

  private TensorDifference() {}

  /** Checks that the shapes agree and that no element differs by more than {@code tolerance}. */
  static void assertClose(String what, INDArray actual, INDArray expected, double tolerance) {
    double worst = worst(what, actual, expected);
    assertThat(worst <= tolerance) // false for NaN
        .as("%s differs by %s, allowed are %s", what, worst, tolerance)
        .isTrue();
  }

  /** The greatest difference of two elements; NaN if any is. */
  static double worst(String what, INDArray actual, INDArray expected) {
    assertThat(actual.shape()).as("shape of " + what).isEqualTo(expected.shape());
    double[] is = doubles(actual);
    double[] should = doubles(expected);
    double worst = 0;
    for (int i = 0; i < is.length; i++) {
      worst = Math.max(worst, Math.abs(is[i] - should[i])); // of a number and NaN: NaN
    }
    return worst;
  }

  /** The root of the mean square difference of two elements; NaN if any is. */
  static double typical(String what, INDArray actual, INDArray expected) {
    assertThat(actual.shape()).as("shape of " + what).isEqualTo(expected.shape());
    double[] is = doubles(actual);
    double[] should = doubles(expected);
    double squares = 0;
    for (int i = 0; i < is.length; i++) {
      squares += (is[i] - should[i]) * (is[i] - should[i]);
    }
    return Math.sqrt(squares / is.length);
  }

  /** The greatest absolute value. */
  static double greatest(INDArray array) {
    return Arrays.stream(doubles(array)).map(Math::abs).max().orElseThrow();
  }

  static double[] doubles(INDArray array) {
    return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
  }
}
