package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * {@link SparseAttention} to the kept keys alone, mixed with the {@link AverageContext}, query by
 * query. To use by one thread.
 */
final class KeptAttention {

  private final SeaRun run;
  private final SeaSize size;
  private final KeptBits kept;
  private final Average average;
  private final HeadsInMemory heads;
  private final KeptKeys keys;
  private final float[] query; // [chunk, D]
  private final float[] context; // [chunk, D]
  private final float[] weights; // one a kept key
  private final float[] mixed; // [D]
  private final float[] gates = new float[2];
  private final double[] values; // [D], summed for the average

  private KeptAttention(SeaRun run, KernelCall call, Estimated<?> estimated, HeadsInMemory heads) {
    this.run = run;
    this.size = run.size();
    this.kept = estimated.kept();
    this.average = estimated.average();
    this.heads = heads;
    this.keys = new KeptKeys(run);
    this.query = call.floats(HeadsInMemory.CHUNK * size.headSize());
    this.context = call.floats(HeadsInMemory.CHUNK * size.headSize());
    this.weights = call.floats(size.length());
    this.mixed = call.floats(size.headSize());
    this.values = new double[size.headSize()];
  }

  /** Writes the context of all queries, {@code [B, H, T, D]}. */
  static void attend(SeaRun run, KernelCall call, Estimated<?> estimated, Tensor output) {
    HeadsInMemory heads = new HeadsInMemory(run, call, estimated.average());
    int all = run.size().batch() * run.size().heads();
    int chunks = heads.chunks();
    for (int first = 0; first < all; first += heads.heads()) {
      int firstHead = first;
      int count = Math.min(heads.heads(), all - first);
      heads.load(call, first, count);
      call.parallel(
          count * chunks,
          () -> new KeptAttention(run, call, estimated, heads),
          (worker, task) ->
              worker.chunk(firstHead + task / chunks, task / chunks, task % chunks, output));
    }
  }

  private void chunk(int head, int slot, int chunk, Tensor output) {
    int width = size.headSize();
    int from = chunk * HeadsInMemory.CHUNK;
    int to = Math.min(from + HeadsInMemory.CHUNK, size.length());
    long first = ((long) head * size.length() + from) * width;
    int sequence = head / size.heads();
    int ofSequence = head % size.heads();
    run.input(SeaInputs.QUERY).read(first, query, 0, (to - from) * width);
    float scale = run.size().queryScale() * run.size().scoreScale();
    for (int i = 0; i < (to - from) * width; i++) {
      query[i] *= scale;
    }
    heads.sum(slot, chunk, values);
    for (int position = from; position < to; position++) {
      if (position == from || position % size.every() == 0) {
        kept.readGates(sequence, ofSequence, position / size.every(), gates);
      }
      average.reach(position, heads.values(slot), values);
      keys.find(kept, sequence, ofSequence, position);
      float share = gates[0] * gates[1] * attend(slot, (position - from) * width);
      double ofAverage = (1 - (double) gates[1]) / average.divisor(position);
      int at = (position - from) * width;
      for (int d = 0; d < width; d++) {
        context[at + d] = (float) (share * mixed[d] + ofAverage * values[d]);
      }
    }
    output.write(first, context, 0, (to - from) * width);
  }

  /**
   * Adds the values of the kept keys up, by the exponentials of their scores.
   *
   * @return what the sum is to be multiplied by for exponentials to sum to one; 0 without keys
   */
  private float attend(int slot, int queryOffset) {
    Arrays.fill(mixed, 0);
    int count = keys.count();
    if (count == 0) {
      return 0;
    }
    run.blocks()
        .gatherProducts(query, queryOffset, heads.keys(slot), keys.index(), 0, count, weights, 0);
    Block row = new Block(weights, 0, 1, count, count, 1);
    float[] greatest = {Float.NEGATIVE_INFINITY};
    float[] sum = {0};
    run.blocks().rowMaxima(row, greatest);
    run.blocks().exp(row, greatest, sum);
    run.blocks().addGathered(weights, 0, heads.values(slot), keys.index(), 0, count, mixed, 0);
    return 1 / sum[0];
  }
}
