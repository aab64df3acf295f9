package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;

/**
 * Keys and values of a few heads in Java's memory, where they can be gathered from, and the sums of
 * values that averages are made of. Filled in chunks of positions by many threads, head after head.
 */
final class HeadsInMemory {

  /** Positions of a chunk. */
  static final int CHUNK = 64;

  private static final long MOST_BYTES = 32L << 20;

  private final SeaRun run;
  private final SeaSize size;
  private final Average average;
  private final float[][] keys; // [heads][T, D]
  private final float[][] values; // [heads][T, D]
  private final double[][]
      sums; // [heads][chunks, D]: of the values of a chunk, then for its queries

  HeadsInMemory(SeaRun run, KernelCall call, Average average) {
    this.run = run;
    this.size = run.size();
    this.average = average;
    int numbers = Math.multiplyExact(size.length(), size.headSize());
    long bytes = 2L * numbers * Float.BYTES;
    int heads = size.batch() * size.heads();
    int atOnce = (int) Math.max(1, Math.min(heads, MOST_BYTES / bytes));
    this.keys = new float[atOnce][];
    this.values = new float[atOnce][];
    for (int slot = 0; slot < atOnce; slot++) {
      keys[slot] = call.floats(numbers);
      values[slot] = call.floats(numbers);
    }
    this.sums = new double[atOnce][chunks() * size.headSize()];
  }

  /** How many heads of B·H there are at once. */
  int heads() {
    return keys.length;
  }

  int chunks() {
    return SeaSize.ceilingOf(size.length(), CHUNK);
  }

  /** Reads {@code count} heads of B·H. */
  void load(KernelCall call, int firstHead, int count) {
    int chunks = chunks();
    call.parallel(count * chunks, task -> load(task / chunks, firstHead, task % chunks));
    call.parallel(count, slot -> average.accumulate(sums[slot], size.headSize()));
  }

  private void load(int slot, int firstHead, int chunk) {
    int width = size.headSize();
    int from = chunk * CHUNK;
    int to = Math.min(from + CHUNK, size.length());
    int head = firstHead + slot;
    long first = ((long) head * size.length() + from) * width;
    int length = (to - from) * width;
    run.input(SeaInputs.KEY).read(first, keys[slot], from * width, length);
    run.input(SeaInputs.VALUE).read(first, values[slot], from * width, length);
    run.sight().clear(head / size.heads(), from, to, values[slot], from * width, width);
    double[] sum = sums[slot];
    Arrays.fill(sum, chunk * width, (chunk + 1) * width, 0);
    for (int position = from; position < to; position++) {
      double weight = average.weight(head, position);
      int at = position * width;
      for (int d = 0; d < width; d++) {
        sum[chunk * width + d] += weight * values[slot][at + d];
      }
    }
  }

  /** Copies the sum of values with which the queries of a chunk begin; see {@link Average}. */
  void sum(int slot, int chunk, double[] sum) {
    System.arraycopy(sums[slot], chunk * sum.length, sum, 0, sum.length);
  }

  /** {@code [T, D]}. */
  Block keys(int slot) {
    return Block.of(keys[slot], size.length(), size.headSize());
  }

  /** Zero in positions left out, {@code [T, D]}. */
  Block values(int slot) {
    return Block.of(values[slot], size.length(), size.headSize());
  }
}
