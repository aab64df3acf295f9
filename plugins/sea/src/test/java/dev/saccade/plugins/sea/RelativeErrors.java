package dev.saccade.plugins.sea;

import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** How far tensors are from exact ones; a NaN is further than anything. */
final class RelativeErrors {

  private RelativeErrors() {}

  /** The greatest error of an element. */
  static double worst(INDArray actual, INDArray expected) {
    double[] is = TensorDifference.doubles(actual);
    double[] should = TensorDifference.doubles(expected);
    double worst = 0;
    for (int i = 0; i < is.length; i++) {
      double error = Math.abs(is[i] - should[i]);
      worst = error <= worst ? worst : error;
    }
    return worst;
  }

  /** The greatest error in parts of the greatest element of the same tensor. */
  static double worstOfAll(Map<String, INDArray> actual, Map<String, INDArray> expected) {
    double worst = 0;
    for (Map.Entry<String, INDArray> entry : expected.entrySet()) {
      INDArray is = Objects.requireNonNull(actual.get(entry.getKey()), entry.getKey());
      double greatest = greatest(entry.getValue());
      if (greatest > 0) {
        worst = Math.max(worst, worst(is, entry.getValue()) / greatest);
      }
    }
    return worst;
  }

  static double greatest(INDArray x) {
    double greatest = 0;
    for (double number : TensorDifference.doubles(x)) {
      greatest = Math.max(greatest, Math.abs(number));
    }
    return greatest;
  }
}
