package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Compares tensors element by element, in Java; a NaN is never close to anything. */
final class TensorDifference {

  private TensorDifference() {}

  /** Returns the greatest difference, having checked that it is within {@code tolerance}. */
  static double assertClose(String what, INDArray actual, INDArray expected, double tolerance) {
    assertThat(actual.shape()).as("shape of " + what).isEqualTo(expected.shape());
    double[] is = doubles(actual);
    double[] should = doubles(expected);
    int worst = 0;
    int differing = 0;
    for (int i = 0; i < is.length; i++) {
      if (!(Math.abs(is[i] - should[i]) <= tolerance)) {
        differing++;
      }
      if (!(Math.abs(is[i] - should[i]) <= Math.abs(is[worst] - should[worst]))) {
        worst = i;
      }
    }
    assertThat(differing)
        .as(
            "elements of %s %s that differ; the worst, number %d, is %s but should be %s (allowed ±%s)",
            what, Arrays.toString(actual.shape()), worst, is[worst], should[worst], tolerance)
        .isZero();
    return Math.abs(is[worst] - should[worst]);
  }

  static double[] doubles(INDArray array) {
    return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
  }
}
