package dev.saccade.plugins.baselines;

import dev.saccade.api.ElementType;
import dev.saccade.api.kernel.Tensor;
import java.nio.FloatBuffer;

/**
 * Copies numbers between a tensor in host memory, float32 or float64, and Java's float64. Heads of
 * a {@code [B, H, T, D]} are numbered in the order B, H.
 */
final class HeadElements {

  private HeadElements() {}

  /** One head, {@code [T, D]}. */
  static double[] read(Tensor tensor, int head) {
    int size = count(tensor);
    return read(tensor, head * size, size);
  }

  static double[] all(Tensor tensor) {
    return read(tensor, 0, Math.toIntExact(tensor.shape().elements()));
  }

  static double[] read(Tensor tensor, int from, int count) {
    double[] values = new double[count];
    if (tensor.elementType() == ElementType.F64) {
      tensor.bytes().asDoubleBuffer().get(from, values);
    } else {
      FloatBuffer floats = tensor.bytes().asFloatBuffer();
      for (int i = 0; i < count; i++) {
        values[i] = floats.get(from + i);
      }
    }
    return values;
  }

  /** Writes one head, {@code [T, D]}. */
  static void write(Tensor tensor, int head, double[] values) {
    write(tensor, values, head * values.length);
  }

  static void zero(Tensor tensor) {
    write(tensor, new double[Math.toIntExact(tensor.shape().elements())], 0);
  }

  private static void write(Tensor tensor, double[] values, int to) {
    if (tensor.elementType() == ElementType.F64) {
      tensor.bytes().asDoubleBuffer().put(to, values);
    } else {
      FloatBuffer floats = tensor.bytes().asFloatBuffer();
      for (int i = 0; i < values.length; i++) {
        floats.put(to + i, (float) values[i]);
      }
    }
  }

  /** How many numbers one head has. */
  static int count(Tensor tensor) {
    return Math.toIntExact(tensor.shape().axis(2) * tensor.shape().axis(3));
  }
}
