package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * A tensor that several passes add to. Different parts of it may be added to by different threads.
 *
 * @param buffer to work in, as long as the longest part; one thread's own
 */
@SuppressWarnings("ArrayRecordComponent") // memory to work in, not a value
record GradientSum(Tensor tensor, float[] buffer) {

  /** Writes zeros to the gradients of the inputs {@code from} … {@code to} − 1. */
  static void clear(KernelGradientCall call, int from, int to) {
    float[] zeros = call.floats(1 << 12);
    Arrays.fill(zeros, 0);
    for (Tensor gradient : call.inputGradients().subList(from, to)) {
      long count = gradient.shape().elements();
      for (long at = 0; at < count; at += zeros.length) {
        gradient.write(at, zeros, 0, (int) Math.min(zeros.length, count - at));
      }
    }
  }

  /** Adds {@code x[from] …} to the numbers from {@code first} on. */
  void add(long first, float[] x, int from, int count) {
    tensor.read(first, buffer, 0, count);
    for (int i = 0; i < count; i++) {
      buffer[i] += x[from + i];
    }
    tensor.write(first, buffer, 0, count);
  }
}
