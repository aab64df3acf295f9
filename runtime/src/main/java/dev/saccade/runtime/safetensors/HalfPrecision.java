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
}
