package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.plugins.baselines.PerformerAttention.Estimate;
import java.util.Arrays;

/**
 * The features of {@link PerformerLayer} with a causal mask, for one vector.
 *
 * @param scale ∜(1/D), so that q·k comes out divided by √D
 * @param projection a row for every feature of the head, {@code [D, F]}
 */
record PerformerFeatures(Estimate estimate, double scale, WeightRows projection)
    implements FeatureMap {

  /**
   * @param projection {@code [F, D]}
   */
  static PerformerFeatures of(AttentionSpec spec, Estimate estimate, Tensor projection) {
    return new PerformerFeatures(
        estimate, Math.sqrt(spec.scale()), WeightRows.transposed(projection));
  }

  @Override
  public int features() {
    return projection.width();
  }

  @Override
  public void ofQuery(double[] query, int place, double[] into) {
    project(query, into);
    switch (estimate) {
      case SOFTMAX -> {
        double greatest = Double.NEGATIVE_INFINITY;
        for (double projected : into) {
          greatest = Math.max(greatest, projected);
        }
        exponential(into, halfSquare(query) + greatest);
      }
      case RELU -> rectify(into);
    }
  }

  @Override
  public void ofKey(double[] key, int place, double[] into) {
    project(key, into);
    switch (estimate) {
      case SOFTMAX -> exponential(into, halfSquare(key));
      case RELU -> rectify(into);
    }
  }

  @Override
  public double divisor(double mass, double[] queryFeatures) {
    double sum = 0;
    for (double feature : queryFeatures) {
      sum += feature;
    }
    return mass + sum * PerformerLayer.CAUSAL_EPSILON;
  }

  private void project(double[] x, double[] into) {
    Arrays.fill(into, 0);
    for (int d = 0; d < x.length; d++) {
      projection.add(d, scale * x[d], into);
    }
  }

  private double halfSquare(double[] x) {
    double sum = 0;
    for (double each : x) {
      sum += scale * each * scale * each;
    }
    return sum / 2;
  }

  private void exponential(double[] projected, double shift) {
    double ratio = 1 / Math.sqrt(features());
    for (int f = 0; f < projected.length; f++) {
      projected[f] = (Math.exp(projected[f] - shift) + PerformerLayer.SOFTMAX_EPSILON) * ratio;
    }
  }

  private void rectify(double[] projected) {
    for (int f = 0; f < projected.length; f++) {
      projected[f] = Math.max(projected[f], 0) + PerformerLayer.RELU_EPSILON;
    }
  }
}
