package dev.saccade.conformance;

import dev.saccade.api.ElementType;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;

/** Reads and writes the float32 or float64 numbers of a tensor that the runtime hands out. */
final class TensorNumbers {

  private TensorNumbers() {}

  static double[] read(Tensor tensor) {
    ByteBuffer bytes = tensor.bytes();
    double[] numbers = new double[Math.toIntExact(tensor.shape().elements())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          isWide(tensor) ? bytes.getDouble(i * Double.BYTES) : bytes.getFloat(i * Float.BYTES);
    }
    return numbers;
  }

  static void write(double[] numbers, Tensor tensor) {
    ByteBuffer bytes = tensor.bytes();
    for (int i = 0; i < numbers.length; i++) {
      if (isWide(tensor)) {
        bytes.putDouble(i * Double.BYTES, numbers[i]);
      } else {
        bytes.putFloat(i * Float.BYTES, (float) numbers[i]);
      }
    }
  }

  private static boolean isWide(Tensor tensor) {
    return switch (tensor.elementType()) {
      case F64 -> true;
      case F32 -> false;
      case F16, BF16 ->
          throw new IllegalArgumentException(
              "numbers of %s cannot be read; use %s or %s"
                  .formatted(tensor.elementType(), ElementType.F32, ElementType.F64));
    };
  }
}
