package dev.saccade.runtime.model;

import dev.saccade.runtime.weights.ModelWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * BERT's heads in plain Java and float64, with gradients worked out by hand: written from Devlin et
 * al. 2019 and the names of Hugging Face's weights, not from our graph. Rows are {@code [N, C]}.
 */
final class PlainHeads {

  private final ModelWeights weights;
  private final double epsilon;

  PlainHeads(ModelWeights weights, double epsilon) {
    this.weights = weights;
    this.epsilon = epsilon;
  }

  /** Numbers before the softmax, the mean loss, and gradients by the names of weights. */
  record Result(List<double[]> logits, double loss, Map<String, double[]> gradients) {}

  /** Masked words: dense, GELU, norm, as many products as words. */
  Result words(float[][] hidden, int[] labels) {
    double[][] dense = matrix("cls.predictions.transform.dense.kernel"); // [C, C]
    double[] denseBias = vector("cls.predictions.transform.dense.bias");
    double[] gain = vector("cls.predictions.transform.LayerNorm.weight");
    double[] shift = vector("cls.predictions.transform.LayerNorm.bias");
    double[][] table = matrix("embeddings.word_embeddings.weight"); // [V, C]
    double[] bias = vector("cls.predictions.bias");
    int features = gain.length;
    Result result = empty();
    double counted = Arrays.stream(labels).filter(label -> label >= 0).count();
    double loss = 0;
    for (int n = 0; n < hidden.length; n++) {
      double[] before = add(times(hidden[n], dense), denseBias);
      double[] active = new double[features];
      double mean = 0;
      for (int c = 0; c < features; c++) {
        active[c] = before[c] * normal(before[c]);
        mean += active[c] / features;
      }
      double variance = 0;
      for (double a : active) {
        variance += (a - mean) * (a - mean) / features;
      }
      double deviation = Math.sqrt(variance + epsilon);
      double[] unit = new double[features];
      double[] normed = new double[features];
      for (int c = 0; c < features; c++) {
        unit[c] = (active[c] - mean) / deviation;
        normed[c] = unit[c] * gain[c] + shift[c];
      }
      double[] logits = bias.clone();
      for (int v = 0; v < logits.length; v++) {
        for (int c = 0; c < features; c++) {
          logits[v] += normed[c] * table[v][c];
        }
      }
      result.logits().add(logits);
      if (labels[n] < 0) {
        continue;
      }
      double[] slope = slope(logits, labels[n], counted); // [V]
      loss += surprisal(logits, labels[n]) / counted;
      gather(result, "cls.predictions.bias", slope);
      double[] shiftSlope = times(slope, table); // [C]
      double[] gainSlope = new double[features];
      double[] unitSlope = new double[features];
      double meanSlope = 0;
      double meanProduct = 0;
      for (int c = 0; c < features; c++) {
        gainSlope[c] = shiftSlope[c] * unit[c];
        unitSlope[c] = shiftSlope[c] * gain[c];
        meanSlope += unitSlope[c] / features;
        meanProduct += unitSlope[c] * unit[c] / features;
      }
      gather(result, "cls.predictions.transform.LayerNorm.weight", gainSlope);
      gather(result, "cls.predictions.transform.LayerNorm.bias", shiftSlope);
      double[] denseSlope = new double[features];
      for (int c = 0; c < features; c++) {
        double x = before[c];
        double bell = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        denseSlope[c] =
            (unitSlope[c] - meanSlope - unit[c] * meanProduct) / deviation * (normal(x) + x * bell);
      }
      gather(result, "cls.predictions.transform.dense.bias", denseSlope);
      gather(result, "cls.predictions.transform.dense.kernel", outer(hidden[n], denseSlope));
    }
    return new Result(result.logits(), loss, result.gradients());
  }

  /** Classes: what the pooler makes of the first position, and a dense layer. */
  Result classes(float[][] first, int[] labels) {
    double[][] pooler = matrix("pooler.dense.kernel"); // [C, C]
    double[][] dense = matrix("classifier.kernel"); // [C, classes]
    Result result = empty();
    double loss = 0;
    for (int n = 0; n < first.length; n++) {
      double[] pooled = add(times(first[n], pooler), vector("pooler.dense.bias"));
      for (int c = 0; c < pooled.length; c++) {
        pooled[c] = Math.tanh(pooled[c]);
      }
      double[] logits = add(times(pooled, dense), vector("classifier.bias"));
      result.logits().add(logits);
      double[] slope = slope(logits, labels[n], labels.length); // [classes]
      loss += surprisal(logits, labels[n]) / labels.length;
      gather(result, "classifier.bias", slope);
      gather(result, "classifier.kernel", outer(pooled, slope));
      double[] poolerSlope = new double[pooled.length];
      for (int c = 0; c < pooled.length; c++) {
        for (int k = 0; k < slope.length; k++) {
          poolerSlope[c] += slope[k] * dense[c][k] * (1 - pooled[c] * pooled[c]);
        }
      }
      gather(result, "pooler.dense.bias", poolerSlope);
      gather(result, "pooler.dense.kernel", outer(first[n], poolerSlope));
    }
    return new Result(result.logits(), loss, result.gradients());
  }

  private static Result empty() {
    return new Result(new ArrayList<>(), 0, new LinkedHashMap<>());
  }

  private static void gather(Result result, String name, double[] slope) {
    result.gradients().merge(name, slope, PlainHeads::add);
  }

  /** The share of a standard normal distribution below x, from the series of erf. */
  private static double normal(double x) {
    double term = x / Math.sqrt(2);
    double sum = term;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / 2 / n;
      sum += term / (2 * n + 1);
    }
    return 0.5 + sum / Math.sqrt(Math.PI);
  }

  private static double surprisal(double[] logits, int label) {
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - logits[label]);
    }
    return Math.log(sum);
  }

  /** (softmax − one-hot) / counted. */
  private static double[] slope(double[] logits, int label, double counted) {
    double[] slope = new double[logits.length];
    for (int v = 0; v < slope.length; v++) {
      slope[v] = (Math.exp(-surprisal(logits, v)) - (v == label ? 1 : 0)) / counted;
    }
    return slope;
  }

  private static double[] times(float[] row, double[][] matrix) {
    double[] wide = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      wide[i] = row[i];
    }
    return times(wide, matrix);
  }

  private static double[] times(double[] row, double[][] matrix) {
    double[] product = new double[matrix[0].length];
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < product.length; j++) {
        product[j] += row[i] * matrix[i][j];
      }
    }
    return product;
  }

  private static double[] add(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  /** As {@code [a, b]} row-major. */
  private static double[] outer(double[] a, double[] b) {
    double[] outer = new double[a.length * b.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b.length; j++) {
        outer[i * b.length + j] = a[i] * b[j];
      }
    }
    return outer;
  }

  private static double[] outer(float[] a, double[] b) {
    double[] wide = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      wide[i] = a[i];
    }
    return outer(wide, b);
  }

  private double[] vector(String name) {
    return weights.get(name).toDoubleVector();
  }

  private double[][] matrix(String name) {
    return weights.get(name).toDoubleMatrix();
  }
}
