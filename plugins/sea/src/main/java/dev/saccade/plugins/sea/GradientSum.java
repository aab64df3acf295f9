package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Tensor;

/**
 * A tensor that several passes add to. Different parts of it may be added to by different threads.
 *
 * @param buffer to work in, as long as the longest part; one thread's own
 */
@SuppressWarnings("ArrayRecordComponent") // memory to work in, not a value
record GradientSum(Tensor tensor, float[] buffer) {

  /** Adds {@code x[from] …} to the numbers from {@code first} on. */
  void add(long first, float[] x, int from, int count) {
    tensor.read(first, buffer, 0, count);
    for (int i = 0; i < count; i++) {
      buffer[i] += x[from + i];
    }
    tensor.write(first, buffer, 0, count);
  }
}
