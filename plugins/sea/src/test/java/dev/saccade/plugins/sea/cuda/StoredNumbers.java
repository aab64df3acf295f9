package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in the ways in which GPUs store them. */
public final class StoredNumbers {

  private static final int HALF_FRACTION = 10;
  private static final double SMALLEST_HALF = 0x1p-24;

  private StoredNumbers() {}

  /** The greatest relative error of a number that is stored and read again. */
  public static double precision(ElementType type) {
    return switch (type) {
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case F32 -> 0x1p-24;
      case F64 -> 0x1p-53;
    };
  }

  static ByteBuffer bytes(double[] numbers, ElementType type) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(numbers.length * type.bytes()).order(ByteOrder.nativeOrder());
    for (double number : numbers) {
      switch (type) {
        case F16 -> bytes.putShort(half(number));
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(bfloat(number)) >>> 16));
        case F32 -> bytes.putFloat((float) number);
        case F64 -> bytes.putDouble(number);
      }
    }
    return bytes.flip();
  }

  /** What becomes of numbers that are stored and read again. */
  public static double[] rounded(double[] numbers, ElementType type) {
    return numbers(bytes(numbers, type), type);
  }

  static double[] numbers(ByteBuffer bytes, ElementType type) {
    ByteBuffer from = bytes.duplicate().order(ByteOrder.nativeOrder());
    double[] numbers = new double[from.remaining() / type.bytes()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (type) {
            case F16 -> number(from.getShort());
            case BF16 -> Float.intBitsToFloat(from.getShort() << 16);
            case F32 -> from.getFloat();
            case F64 -> from.getDouble();
          };
    }
    return numbers;
  }

  /** Within the normal range: all that these tests store. */
  private static short half(double number) {
    double magnitude = Math.abs(number);
    int exponent = Math.max(Math.getExponent(magnitude), -14);
    long fraction = (long) Math.rint(Math.scalb(magnitude, HALF_FRACTION - exponent));
    long bits = fraction + ((long) (exponent + 14) << HALF_FRACTION);
    return (short) (bits | (number < 0 ? 0x8000 : 0));
  }

  private static double number(short half) {
    int exponent = half >> HALF_FRACTION & 0x1f;
    int fraction = half & 0x3ff;
    double magnitude =
        exponent == 0
            ? fraction * SMALLEST_HALF
            : exponent == 0x1f
                ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                : Math.scalb(1024.0 + fraction, exponent - 25);
    return half < 0 ? -magnitude : magnitude;
  }

  private static float bfloat(double number) {
    int bits = Float.floatToRawIntBits((float) number);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }
}
