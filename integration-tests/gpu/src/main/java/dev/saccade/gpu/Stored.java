package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import java.nio.ByteBuffer;

/** Numbers as GPUs store them. */
final class Stored {

  private static final int HALF_FRACTION = 10;
  private static final int LEAST_HALF_EXPONENT = -14;
  private static final double GREATEST_HALF = 65_504;
  private static final short INFINITE_HALF = 0x7c00;

  private Stored() {}

  /** The greatest relative error of a normal number that is stored. */
  static double precision(ElementType type) {
    return switch (type) {
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case F32 -> 0x1p-24;
      case F64 -> 0x1p-53;
    };
  }

  /** What is read where a number was written. */
  static double rounded(double number, ElementType type) {
    return switch (type) {
      case F16 -> ofHalf(half(number));
      case BF16 -> upper((float) number);
      case F32 -> (float) number;
      case F64 -> number;
    };
  }

  static void put(double number, ElementType type, ByteBuffer into) {
    switch (type) {
      case F16 -> into.putShort(half(number));
      case BF16 -> into.putShort((short) (Float.floatToRawIntBits(upper((float) number)) >>> 16));
      case F32 -> into.putFloat((float) number);
      case F64 -> into.putDouble(number);
    }
  }

  static double next(ElementType type, ByteBuffer from) {
    return switch (type) {
      case F16 -> ofHalf(from.getShort());
      case BF16 -> Float.intBitsToFloat(from.getShort() << 16);
      case F32 -> from.getFloat();
      case F64 -> from.getDouble();
    };
  }

  /** Of a number that is none of NaN. */
  private static short half(double number) {
    double magnitude = Math.abs(number);
    int sign = number < 0 ? 0x8000 : 0;
    if (magnitude > GREATEST_HALF) {
      return (short) (sign | INFINITE_HALF);
    }
    int exponent = Math.max(Math.getExponent(magnitude), LEAST_HALF_EXPONENT);
    long fraction = (long) Math.rint(Math.scalb(magnitude, HALF_FRACTION - exponent));
    return (short) (sign | (fraction + ((long) (exponent - LEAST_HALF_EXPONENT) << HALF_FRACTION)));
  }

  private static double ofHalf(short half) {
    int exponent = half >> HALF_FRACTION & 0x1f;
    int fraction = half & 0x3ff;
    double magnitude =
        exponent == 0
            ? Math.scalb((double) fraction, LEAST_HALF_EXPONENT - HALF_FRACTION)
            : exponent == 0x1f
                ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                : Math.scalb(1024.0 + fraction, exponent + LEAST_HALF_EXPONENT - 1 - HALF_FRACTION);
    return half < 0 ? -magnitude : magnitude;
  }

  /** The nearest number of BF16. */
  static float upper(float number) {
    int bits = Float.floatToRawIntBits(number);
    return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff_0000); // ties to even
  }
}
