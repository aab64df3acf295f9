package dev.saccade.conformance;

import dev.saccade.api.AttentionSpec;

/**
 * softmax(QKᵀ/√D)·V by the definition, one query after the other.
 *
 * @param scores scaled, −1e30 where a query may not see a key, {@code [B, H, T, S]}
 * @param weights zero where a query may not see a key, {@code [B, H, T, S]}
 * @param context zero for a query that sees no key, {@code [B, H, T, D]}
 */
record ExactReference(TensorValues scores, TensorValues weights, TensorValues context) {

  private static final double INVISIBLE = -1e30;

  /** In float64. */
  static ExactReference of(AttentionSpec spec, LayerInputs inputs) {
    return of(spec, inputs, Precision.DOUBLE);
  }

  /** In float32, rounded after every operation: how far a plain computation errs. */
  static ExactReference inFloat(AttentionSpec spec, LayerInputs inputs) {
    return of(spec, inputs, Precision.SINGLE);
  }

  private enum Precision {
    SINGLE {
      @Override
      double round(double x) {
        return (float) x;
      }
    },
    DOUBLE {
      @Override
      double round(double x) {
        return x;
      }
    };

    abstract double round(double x);
  }

  private static ExactReference of(AttentionSpec spec, LayerInputs inputs, Precision precision) {
    int batch = inputs.query().size(0);
    int heads = spec.heads();
    int queries = inputs.query().size(2);
    int keys = inputs.key().size(2);
    int size = spec.headSize();
    double[] query = inputs.query().toArray();
    double[] key = inputs.key().toArray();
    double[] value = inputs.value().toArray();
    double[] scores = new double[batch * heads * queries * keys];
    double[] weights = new double[scores.length];
    double[] context = new double[query.length];
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        int asked = (b * spec.kvHeads() + h / (heads / spec.kvHeads())) * keys;
        for (int t = 0; t < queries; t++) {
          int row = (b * heads + h) * queries + t;
          double greatest = INVISIBLE;
          for (int s = 0; s < keys; s++) {
            double dot = 0;
            for (int d = 0; d < size; d++) {
              double product = precision.round(query[row * size + d] * key[(asked + s) * size + d]);
              dot = precision.round(dot + product);
            }
            boolean visible = visible(spec, inputs, b, t, s);
            scores[row * keys + s] = visible ? precision.round(dot * spec.scale()) : INVISIBLE;
            greatest = Math.max(greatest, scores[row * keys + s]);
          }
          double sum = 0;
          for (int s = 0; s < keys; s++) {
            boolean visible = visible(spec, inputs, b, t, s);
            double off = precision.round(scores[row * keys + s] - greatest);
            weights[row * keys + s] = visible ? precision.round(Math.exp(off)) : 0;
            sum = precision.round(sum + weights[row * keys + s]);
          }
          for (int s = 0; s < keys && sum > 0; s++) {
            weights[row * keys + s] = precision.round(weights[row * keys + s] / sum);
            for (int d = 0; d < size; d++) {
              double part =
                  precision.round(weights[row * keys + s] * value[(asked + s) * size + d]);
              context[row * size + d] = precision.round(context[row * size + d] + part);
            }
          }
        }
      }
    }
    return new ExactReference(
        TensorValues.of(scores, batch, heads, queries, keys),
        TensorValues.of(weights, batch, heads, queries, keys),
        TensorValues.of(context, batch, heads, queries, size));
  }

  /** Whether a query may see a key. */
  static boolean visible(AttentionSpec spec, LayerInputs inputs, int b, int t, int s) {
    boolean real = inputs.real() == null || inputs.real().at(b * inputs.key().size(2) + s) == 1;
    return real && (!spec.masking().causal() || s <= t);
  }
}
