package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * The way back of {@link KeptAttention}, with weights computed anew. For a query t with context c,
 * mixture β, gate g and kept keys j of weight p_j:
 *
 * <pre>
 *   out  = β·g·c + (1 − β)·average          dc = β·g·dout
 *   ds_j = p_j·(dc·v_j − dc·c)              gradient of the score
 *   dq = scale·Σ ds_j k_j     dk_j += scale·ds_j q     dv_j += p_j dc + the average's part
 *   dβ = dout·(g·c − average)               dg = β·dout·c
 * </pre>
 *
 * <p>A head is one task, since many queries add to one key; sums then do not depend on threads. To
 * use by one thread.
 */
final class KeptAttentionGradient {

  private final SeaRun run;
  private final SeaSize size;
  private final KernelGradientCall call;
  private final KeptBits kept;
  private final Average average;
  private final Tensor gateGradients;
  private final KeptKeys keys;
  private final Block key; // [T, D], as the next
  private final Block value;
  private final Block keyGradient;
  private final Block valueGradient;
  private final float[] query; // [chunk, D], as the next two
  private final float[] queryGradient;
  private final float[] gradient; // of the context that came out
  private final float[] weights; // one a kept key, as the next
  private final float[] scoreGradients;
  private final float[] context; // [D], as the next
  private final float[] contextGradient;
  private final float[] gates = new float[2];
  private final double[] ofGates = new double[2];
  private final double[] values; // [D], summed for the average

  private KeptAttentionGradient(
      SeaRun run, KernelGradientCall call, Estimated<?> estimated, Tensor gateGradients) {
    this.run = run;
    this.size = run.size();
    this.call = call;
    this.kept = estimated.kept();
    this.average = estimated.average();
    this.gateGradients = gateGradients;
    this.keys = new KeptKeys(run);
    int width = size.headSize();
    this.key = wholeHead();
    this.value = wholeHead();
    this.keyGradient = wholeHead();
    this.valueGradient = wholeHead();
    this.query = call.floats(HeadsInMemory.CHUNK * width);
    this.queryGradient = call.floats(HeadsInMemory.CHUNK * width);
    this.gradient = call.floats(HeadsInMemory.CHUNK * width);
    this.weights = call.floats(size.length());
    this.scoreGradients = call.floats(size.length());
    this.context = call.floats(width);
    this.contextGradient = call.floats(width);
    this.values = new double[width];
  }

  private Block wholeHead() {
    return Block.of(call.floats(size.length() * size.headSize()), size.length(), size.headSize());
  }

  /**
   * Writes the gradients of queries, keys and values.
   *
   * @param gateGradients of the gates before they are opened, {@code [B·H, T′, 2]}, written
   */
  static void attend(
      SeaRun run, KernelGradientCall call, Estimated<?> estimated, Tensor gateGradients) {
    call.parallel(
        run.size().batch() * run.size().heads(),
        () -> new KeptAttentionGradient(run, call, estimated, gateGradients),
        KeptAttentionGradient::head);
  }

  private void head(int head) {
    long first = (long) head * size.length() * size.headSize();
    int numbers = size.length() * size.headSize();
    run.input(SeaInputs.KEY).read(first, key.data(), 0, numbers);
    run.input(SeaInputs.VALUE).read(first, value.data(), 0, numbers);
    run.sight().clear(head / size.heads(), 0, size.length(), value.data(), 0, size.headSize());
    Arrays.fill(keyGradient.data(), 0);
    Arrays.fill(valueGradient.data(), 0);
    sumForAverage(head);
    for (int from = 0; from < size.length(); from += HeadsInMemory.CHUNK) {
      chunk(head, from, Math.min(from + HeadsInMemory.CHUNK, size.length()));
    }
    addAverage(head);
    run.sight()
        .clear(head / size.heads(), 0, size.length(), valueGradient.data(), 0, size.headSize());
    call.inputGradients().get(SeaInputs.KEY).write(first, keyGradient.data(), 0, numbers);
    call.inputGradients().get(SeaInputs.VALUE).write(first, valueGradient.data(), 0, numbers);
  }

  /** The sum of values with which the first query begins. */
  private void sumForAverage(int head) {
    Arrays.fill(values, 0);
    for (int position = 0; position < size.length(); position++) {
      double weight = average.weight(head, position);
      int at = value.at(position, 0);
      for (int d = 0; d < values.length; d++) {
        values[d] += weight * value.data()[at + d];
      }
    }
    average.accumulate(values, values.length);
  }

  private void chunk(int head, int from, int to) {
    int width = size.headSize();
    int numbers = (to - from) * width;
    long first = ((long) head * size.length() + from) * width;
    run.input(SeaInputs.QUERY).read(first, query, 0, numbers);
    call.outputGradients().get(0).read(first, gradient, 0, numbers);
    float scale = run.size().queryScale() * run.size().scoreScale();
    for (int i = 0; i < numbers; i++) {
      query[i] *= scale;
    }
    Arrays.fill(queryGradient, 0, numbers, 0);
    for (int position = from; position < to; position++) {
      query(head, position, (position - from) * width);
    }
    for (int i = 0; i < numbers; i++) {
      queryGradient[i] *= scale;
    }
    call.inputGradients().get(SeaInputs.QUERY).write(first, queryGradient, 0, numbers);
  }

  private void query(int head, int position, int at) {
    int row = position / size.every();
    if (position % size.every() == 0) {
      kept.readGates(head / size.heads(), head % size.heads(), row, gates);
      Arrays.fill(ofGates, 0);
    }
    keys.find(kept, head / size.heads(), head % size.heads(), position);
    weigh(at);
    double alongContext = 0;
    double alongAverage = 0;
    average.reach(position, value, values);
    for (int d = 0; d < values.length; d++) {
      alongContext += (double) gradient[at + d] * context[d];
      alongAverage += gradient[at + d] * values[d];
      contextGradient[d] = gates[0] * gates[1] * gradient[at + d];
    }
    alongAverage /= average.divisor(position);
    double scaler = gates[0];
    double mixture = gates[1];
    if (size.options().scaled()) {
      ofGates[0] += mixture * alongContext * scaler * (1 - scaler);
    }
    ofGates[1] += (scaler * alongContext - alongAverage) * mixture * (1 - mixture);
    if (position + 1 == size.position(row + 1)) {
      gateGradients.write(2 * ((long) head * size.rows() + row), ofGates, 0, 2);
    }
    int count = keys.count();
    run.blocks()
        .gatherProducts(contextGradient, 0, value, keys.index(), 0, count, scoreGradients, 0);
    subtractMean(count);
    run.blocks().addGathered(scoreGradients, 0, key, keys.index(), 0, count, queryGradient, at);
    run.blocks().scatter(scoreGradients, 0, query, at, keyGradient, keys.index(), 0, count);
    run.blocks().scatter(weights, 0, contextGradient, 0, valueGradient, keys.index(), 0, count);
  }

  /**
   * From dc·v_j to ds_j. What is subtracted is dc·c, but as the mean of these very products, so
   * that ds sums to zero whatever was rounded.
   */
  private void subtractMean(int count) {
    double sum = 0;
    double total = 0;
    for (int i = 0; i < count; i++) {
      sum += (double) weights[i] * scoreGradients[i];
      total += weights[i];
    }
    for (int i = 0; i < count; i++) {
      scoreGradients[i] = (float) (weights[i] * (scoreGradients[i] - sum / total));
    }
  }

  /** The weights of the kept keys, which sum to one, and the context that they make. */
  private void weigh(int at) {
    Arrays.fill(context, 0);
    int count = keys.count();
    if (count == 0) {
      return;
    }
    run.blocks().gatherProducts(query, at, key, keys.index(), 0, count, weights, 0);
    Block row = new Block(weights, 0, 1, count, count, 1);
    float[] greatest = {Float.NEGATIVE_INFINITY};
    float[] sum = {0};
    run.blocks().rowMaxima(row, greatest);
    run.blocks().exp(row, greatest, sum);
    run.blocks().scaleRows(row, new float[] {1 / sum[0]});
    run.blocks().addGathered(weights, 0, value, keys.index(), 0, count, context, 0);
  }

  /** What values get from the averages that they are in. */
  private void addAverage(int head) {
    int width = size.headSize();
    Arrays.fill(values, 0);
    for (int to = size.length(); to > 0; ) {
      int from = (to - 1) / HeadsInMemory.CHUNK * HeadsInMemory.CHUNK;
      long first = ((long) head * size.length() + from) * width;
      call.outputGradients().get(0).read(first, gradient, 0, (to - from) * width);
      for (int position = to - 1; position >= from; position--) {
        kept.readGates(head / size.heads(), head % size.heads(), position / size.every(), gates);
        double share = (1 - (double) gates[1]) / average.divisor(position);
        for (int d = 0; d < width; d++) {
          values[d] += share * gradient[(position - from) * width + d];
        }
        average.reachBack(position, values, valueGradient);
      }
      to = from;
    }
    average.handBack(head, values, value, valueGradient);
  }
}
