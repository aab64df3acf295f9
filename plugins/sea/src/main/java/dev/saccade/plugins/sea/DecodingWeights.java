package dev.saccade.plugins.sea;

import dev.saccade.api.Parameter;
import dev.saccade.api.decode.DecodingSetup;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The parameters of a causal layer as plain arrays, and the products with them. Read-only. */
final class DecodingWeights {

  private final Map<String, double[]> values;

  private DecodingWeights(Map<String, double[]> values) {
    this.values = values;
  }

  static DecodingWeights read(DecodingSetup setup, SeaOptions options) {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (Parameter parameter : SeaParameters.of(setup.spec(), options)) {
      values.put(parameter.name(), Numbers.read(setup.parameter(parameter.name())));
    }
    return new DecodingWeights(values);
  }

  /** A parameter in row-major order. */
  double[] of(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  /** W·x + b. */
  double[] affine(String name, double[] x) {
    double[] weight = of(SeaParameters.weight(name)); // [out, in]
    double[] result = of(SeaParameters.bias(name)).clone(); // [out]
    for (int out = 0; out < result.length; out++) {
      result[out] += Numbers.dot(weight, out * x.length, x, 0, x.length);
    }
    return result;
  }

  /** LayerNorm of some of the numbers of x, in place. */
  void normalise(String name, double[] x, int from) {
    double[] gain = of(SeaParameters.weight(name));
    double[] bias = of(SeaParameters.bias(name));
    int size = gain.length;
    double mean = 0;
    for (int i = 0; i < size; i++) {
      mean += x[from + i] / size;
    }
    double variance = 0;
    for (int i = 0; i < size; i++) {
      variance += (x[from + i] - mean) * (x[from + i] - mean) / size;
    }
    double root = Math.sqrt(variance + Estimate.NORM_EPSILON);
    for (int i = 0; i < size; i++) {
      x[from + i] = (x[from + i] - mean) / root * gain[i] + bias[i];
    }
  }
}
