package dev.saccade.conformance;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import java.util.ArrayList;
import java.util.List;

/** Decoding of {@link CorrectAttention}: remembers every key and value, and says so plainly. */
class CorrectDecoding implements DecodingState {

  /**
   * What is remembered of one sequence.
   *
   * @param keys of every position, {@code [K, D]} each
   * @param values of every position, {@code [K, D]} each
   * @param visible of every position, whether it is real
   */
  record Past(List<double[]> keys, List<double[]> values, List<Boolean> visible) {

    static Past empty() {
      return new Past(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    Past copy() {
      return new Past(new ArrayList<>(keys), new ArrayList<>(values), new ArrayList<>(visible));
    }
  }

  private final AttentionSpec spec;
  private final double[] gain;
  private final double sharpness;
  private final List<Past> sequences;

  CorrectDecoding(DecodingSetup setup, double sharpness) {
    this.spec = setup.spec();
    this.gain = TensorNumbers.read(setup.parameter(CorrectAttention.GAIN));
    this.sharpness = sharpness;
    this.sequences = new ArrayList<>();
    for (int b = 0; b < setup.batch(); b++) {
      sequences.add(Past.empty());
    }
  }

  /** A fork. */
  CorrectDecoding(CorrectDecoding from, List<Past> sequences) {
    this.spec = from.spec;
    this.gain = from.gain;
    this.sharpness = from.sharpness;
    this.sequences = sequences;
  }

  final List<Past> sequences() {
    return sequences;
  }

  @Override
  public int length() {
    return sequences.get(0).keys().size();
  }

  /** Keys and values of every position. */
  @Override
  public long bytes() {
    return 2L * Double.BYTES * sequences.size() * length() * spec.kvHeads() * spec.headSize();
  }

  /** How many positions the query at {@code position} sees, of those taken so far. */
  int seen(int position) {
    return position + 1;
  }

  boolean visible(Past past, int position) {
    return past.visible().get(position);
  }

  @Override
  public DecodingState fork(List<Integer> chosen) {
    List<Past> copies = new ArrayList<>();
    chosen.forEach(b -> copies.add(sequences.get(b).copy()));
    return new CorrectDecoding(this, copies);
  }

  @Override
  public void advance(DecodingStep step) {
    int positions = Math.toIntExact(step.query().shape().axis(2));
    int before = length();
    double[] query = TensorNumbers.read(step.query());
    double[] key = TensorNumbers.read(step.key());
    double[] value = TensorNumbers.read(step.value());
    double[] real = step.visible().map(TensorNumbers::read).orElseGet(() -> new double[0]);
    double[] context = new double[query.length];
    for (int b = 0; b < sequences.size(); b++) {
      Past past = sequences.get(b);
      for (int i = 0; i < positions; i++) {
        past.keys().add(gathered(key, b, i, positions));
        past.values().add(gathered(value, b, i, positions));
        past.visible().add(real.length == 0 || real[b * positions + i] != 0);
      }
      for (int h = 0; h < spec.heads(); h++) {
        for (int i = 0; i < positions; i++) {
          int row = ((b * spec.heads() + h) * positions + i) * spec.headSize();
          mix(past, Math.min(past.keys().size(), seen(before + i)), h, query, context, row);
        }
      }
    }
    TensorNumbers.write(context, step.context());
  }

  /** One position of all key heads, {@code [K, D]}, out of {@code [B, K, n, D]}. */
  private double[] gathered(double[] all, int b, int position, int positions) {
    int size = spec.headSize();
    double[] one = new double[spec.kvHeads() * size];
    for (int head = 0; head < spec.kvHeads(); head++) {
      int from = ((b * spec.kvHeads() + head) * positions + position) * size;
      System.arraycopy(all, from, one, head * size, size);
    }
    return one;
  }

  private void mix(Past past, int seen, int head, double[] query, double[] context, int row) {
    int size = spec.headSize();
    int at = head / (spec.heads() / spec.kvHeads()) * size;
    double[] logits = new double[seen];
    double greatest = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < seen; s++) {
      double dot = 0;
      for (int d = 0; d < size; d++) {
        dot += query[row + d] * past.keys().get(s)[at + d];
      }
      logits[s] = visible(past, s) ? dot * spec.scale() * sharpness : Double.NEGATIVE_INFINITY;
      greatest = Math.max(greatest, logits[s]);
    }
    if (greatest == Double.NEGATIVE_INFINITY) {
      return; // sees nothing: zero
    }
    double sum = 0;
    for (int s = 0; s < seen; s++) {
      double weight = Math.exp(logits[s] - greatest);
      sum += weight;
      for (int d = 0; d < size; d++) {
        context[row + d] += weight * past.values().get(s)[at + d];
      }
    }
    for (int d = 0; d < size; d++) {
      context[row + d] *= gain[d] / sum;
    }
  }

  @Override
  public void close() {
    sequences.clear();
  }
}
