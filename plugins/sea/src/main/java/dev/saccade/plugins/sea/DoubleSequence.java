package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import java.util.Arrays;

/** A sequence in float64, decoded by the steps of {@link SeaSteps} position by position. */
final class DoubleSequence implements DecodedSequence {

  private final AttentionSpec spec;
  private final SeaOptions options;
  private final DecodingWeights weights;
  private final DecodedPerformer performer;
  private final DecodedPainting painting;
  private final DecodedKeys real;
  private final double[][] valueSum; // [H][D]
  private double[][] keys; // [H][real keys · D], with room for more
  private double[][] values;
  private double[][] estimate; // [H][M], of the last query that was estimated for
  private double[][] gates; // [H][2], of the same query
  private int length;

  DoubleSequence(AttentionSpec spec, SeaOptions options, DecodingWeights weights) {
    this.spec = spec;
    this.options = options;
    this.weights = weights;
    this.performer = new DecodedPerformer(spec, options, weights);
    this.painting = new DecodedPainting(spec, options, weights);
    this.real = new DecodedKeys();
    this.valueSum = new double[spec.heads()][spec.headSize()];
    this.keys = new double[spec.heads()][16 * spec.headSize()];
    this.values = new double[spec.heads()][16 * spec.headSize()];
    this.estimate = new double[0][];
    this.gates = new double[0][];
  }

  private DoubleSequence(DoubleSequence original) {
    this.spec = original.spec;
    this.options = original.options;
    this.weights = original.weights;
    this.performer = original.performer.copy();
    this.painting = original.painting.copy();
    this.real = original.real.copy();
    this.valueSum = copy(original.valueSum);
    this.keys = copy(original.keys);
    this.values = copy(original.values);
    this.estimate = original.estimate; // replaced, never written to
    this.gates = original.gates;
    this.length = original.length;
  }

  @Override
  public DecodedSequence copy() {
    return new DoubleSequence(this);
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void advance(Portion portion) {
    boolean[] visible = portion.visible();
    for (int position = 0; position < portion.count(); position++) {
      portion.writeContext(
          position,
          advance(
              portion.doubles(portion.step().query(), position),
              portion.doubles(portion.step().key(), position),
              portion.doubles(portion.step().value(), position),
              visible[position]));
    }
  }

  /**
   * Takes the next position.
   *
   * @param query {@code [H][D]}, as key and value
   * @param visible whether the position is real
   * @return its context, {@code [H][D]}
   */
  private double[][] advance(double[][] query, double[][] key, double[][] value, boolean visible) {
    if (options.scaling() == Scaling.QUERIES) {
      scale(query, spec.scale());
    }
    if (visible) {
      remember(key, value);
    }
    if (real.length() == 0) {
      scale(value, 0); // before the first real key, as in RealPositions.rows
    }
    performer.take(key, value, length, real.length() > 0);
    for (int head = 0; head < value.length; head++) {
      for (int d = 0; d < value[head].length; d++) {
        valueSum[head][d] += value[head][d];
      }
    }
    if (length % options.estimateEvery() == 0) {
      estimate(query, value);
    }
    length++;
    DecodedColumns kept = DecodedColumns.of(options, estimate, real, length);
    double[][] context = new double[query.length][];
    for (int head = 0; head < query.length; head++) {
      context[head] = mix(head, attend(head, query[head], kept.keys(head)));
    }
    return context;
  }

  private void remember(double[][] key, double[][] value) {
    int size = spec.headSize();
    int at = real.length() * size;
    for (int head = 0; head < key.length; head++) {
      if (at == keys[head].length) {
        keys[head] = Arrays.copyOf(keys[head], 2 * at);
        values[head] = Arrays.copyOf(values[head], 2 * at);
      }
      System.arraycopy(key[head], 0, keys[head], at, size);
      System.arraycopy(value[head], 0, values[head], at, size);
    }
    real.add(length);
  }

  /** The row of the estimate, and the gates, of the present position. */
  private void estimate(double[][] query, double[][] value) {
    double[][] encoded = new RowEncoder(spec, options, weights).encode(performer.mix(query), value);
    double[] strips = new double[0];
    double[][] opened = new double[encoded.length][];
    for (int head = 0; head < encoded.length; head++) {
      double[] ofHead = weights.affine(SeaParameters.ROWS, encoded[head]); // [2, W]
      int at = strips.length;
      strips = Arrays.copyOf(strips, at + ofHead.length);
      System.arraycopy(ofHead, 0, strips, at, ofHead.length);
      opened[head] = weights.affine(SeaParameters.GATES, encoded[head]);
      opened[head][0] = options.scaled() ? Numbers.logistic(opened[head][0]) : 1;
      opened[head][1] = Numbers.logistic(opened[head][1]);
    }
    double[][] scores = painting.paint(strips); // [H][M]
    for (double[] row : scores) {
      Numbers.softmax(row);
    }
    estimate = scores;
    gates = opened;
  }

  /** Exact attention to some of the real keys, by their numbers. */
  private double[] attend(int head, double[] query, int[] kept) {
    int size = spec.headSize();
    double scale = options.scaling() == Scaling.SCORES ? spec.scale() : 1;
    double[] logits = new double[kept.length];
    for (int i = 0; i < kept.length; i++) {
      logits[i] = scale * Numbers.dot(query, 0, keys[head], kept[i] * size, size);
    }
    Numbers.softmax(logits);
    double[] context = new double[size];
    for (int i = 0; i < kept.length; i++) {
      for (int d = 0; d < size; d++) {
        context[d] += gates[head][0] * logits[i] * values[head][kept[i] * size + d];
      }
    }
    return context;
  }

  /** β·context + (1 − β)·average. */
  private double[] mix(int head, double[] context) {
    double beta = gates[head][1];
    double[] mixed = new double[context.length];
    for (int d = 0; d < mixed.length; d++) {
      mixed[d] = beta * context[d] + (1 - beta) * valueSum[head][d] / length;
    }
    return mixed;
  }

  private static void scale(double[][] heads, double factor) {
    for (double[] head : heads) {
      for (int d = 0; d < head.length; d++) {
        head[d] *= factor;
      }
    }
  }

  @Override
  public long bytes() {
    long numbers = numbers(valueSum) + numbers(keys) + numbers(values);
    return performer.bytes()
        + painting.bytes()
        + real.bytes()
        + Double.BYTES * (numbers + numbers(estimate) + numbers(gates));
  }

  private static long numbers(double[][] rows) {
    return Arrays.stream(rows).mapToLong(row -> row.length).sum();
  }

  private static double[][] copy(double[][] rows) {
    double[][] copies = new double[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      copies[row] = rows[row].clone();
    }
    return copies;
  }
}
