package dev.saccade.runtime.safetensors;

/** The two 16-bit floating-point formats as floats, which hold every value of both exactly. */
public final class HalfPrecision {

  private static final float SMALLEST_SUBNORMAL = 0x1p-24f;

  private HalfPrecision() {}

  /** Returns the value of an IEEE half; {@code Float.float16ToFloat} came with Java 20. */
  public static float float16(short bits) {
    int exponent = (bits >>> 10) & 0x1F;
    int fraction = bits & 0x3FF;
    float magnitude =
        switch (exponent) {
          case 0 -> fraction * SMALLEST_SUBNORMAL;
          case 0x1F -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          // Moves the exponent from bias 15 to bias 127.
          default -> Float.intBitsToFloat((exponent + 112) << 23 | fraction << 13);
        };
    return bits < 0 ? -magnitude : magnitude;
  }

  /** Returns the value of a bfloat16, which is the upper half of a float. */
  public static float bfloat16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * Rounds to the nearest IEEE half, of two equally near to the even one; infinity beyond 65,519.
   */
  public static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) {
      return (short) (sign | 0x7E00);
    }
    if (magnitude >= 0x477FF000) { // 65,520, which is halfway to the first number too great
      return (short) (sign | 0x7C00);
    }
    if (magnitude < 0x38800000) { // below 2^-14 halves are evenly spaced
      // Exact in a double, so that it is rounded once; a carry gives the smallest normal number.
      double spacings = (double) Math.abs(value) / SMALLEST_SUBNORMAL;
      return (short) (sign | (int) Math.rint(spacings));
    }
    int odd = (magnitude >>> 13) & 1;
    // From bias 127 to bias 15, with half of what is cut off added.
    return (short) (sign | ((magnitude - (112 << 23) + 0xFFF + odd) >>> 13));
  }

  /** Rounds to the nearest bfloat16, of two equally near to the even one. */
  public static short toBfloat16(float value) {
    if (Float.isNaN(value)) {
      return (short) 0x7FC0;
    }
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
