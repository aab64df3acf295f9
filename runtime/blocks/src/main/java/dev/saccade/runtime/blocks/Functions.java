package dev.saccade.runtime.blocks;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Functions of a vector's numbers, each by itself, to two units in the last place or better. */
@SuppressWarnings("FloatingPointLiteralPrecision") // constants as they are published
final class Functions {

  private static final float LOG2_E = 1.44269504f;

  /** ln 2 in two parts: the first has so few digits that a multiple of it is exact. */
  private static final float LN2_HIGH = 0.693359375f;

  private static final float LN2_LOW = -2.12194440e-4f;

  /** Adding 1.5·2²³ rounds a float to a whole number, which is then in its low bits. */
  private static final float ROUNDING = 12582912f;

  private static final int EXPONENT_SHIFT = 23;

  /** Above, eˣ is infinite in float32. */
  private static final float LARGEST = 88.72284f;

  /** Below, eˣ is less than the smallest normal float32; it is taken as zero. */
  private static final float SMALLEST = -87.33655f;

  /** Beyond, erf is ±1 in float32. */
  private static final float ERF_IS_ONE = 4f;

  private static final float SQRT_HALF = (float) Math.sqrt(0.5);

  private Functions() {}

  /**
   * eˣ = 2ⁿ·eʳ with whole n and |r| ≤ ln 2 / 2; eʳ by a polynomial (Moshier, Cephes, expf). NaN
   * stays NaN.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.min(LARGEST).max(SMALLEST);
    FloatVector shifted = bounded.mul(LOG2_E).add(ROUNDING);
    FloatVector n = shifted.sub(ROUNDING);
    FloatVector r =
        n.neg()
            .lanewise(VectorOperators.FMA, FloatVector.broadcast(x.species(), LN2_HIGH), bounded);
    r = n.neg().lanewise(VectorOperators.FMA, FloatVector.broadcast(x.species(), LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(x.species(), 1.9875691500e-4f);
    p = fma(p, r, 1.3981999507e-3f);
    p = fma(p, r, 8.3334519073e-3f);
    p = fma(p, r, 4.1665795894e-2f);
    p = fma(p, r, 1.6666665459e-1f);
    p = fma(p, r, 5.0000001201e-1f);
    p = p.lanewise(VectorOperators.FMA, r.mul(r), r.add(1f));
    IntVector exponent =
        shifted
            .reinterpretAsInts()
            .sub(Float.floatToRawIntBits(ROUNDING))
            .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT);
    FloatVector result = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    result = result.blend(0f, x.compare(VectorOperators.LT, SMALLEST));
    return result.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, LARGEST));
  }

  /** erf(x) as a quotient of polynomials in x, odd over even. */
  static FloatVector erf(FloatVector x) {
    FloatVector bounded = x.min(ERF_IS_ONE).max(-ERF_IS_ONE);
    FloatVector square = bounded.mul(bounded);
    FloatVector p = FloatVector.broadcast(x.species(), -2.72614225801306e-10f);
    p = fma(p, square, 2.77068142495902e-08f);
    p = fma(p, square, -2.10102402082508e-06f);
    p = fma(p, square, -5.69250639462346e-05f);
    p = fma(p, square, -7.34990630326855e-04f);
    p = fma(p, square, -2.95459980854025e-03f);
    p = fma(p, square, -1.60960333262415e-02f);
    FloatVector q = FloatVector.broadcast(x.species(), -1.45660718464996e-05f);
    q = fma(q, square, -2.13374055278905e-04f);
    q = fma(q, square, -1.68282697438203e-03f);
    q = fma(q, square, -7.37332916720468e-03f);
    q = fma(q, square, -1.42647390514189e-02f);
    return bounded.mul(p).div(q);
  }

  /** x·Φ(x) = x/2·erf(x/√2) + x/2. */
  static FloatVector gelu(FloatVector x) {
    FloatVector half = x.mul(0.5f);
    return erf(x.mul(SQRT_HALF)).fma(half, half);
  }

  private static FloatVector fma(FloatVector p, FloatVector x, float constant) {
    return p.lanewise(VectorOperators.FMA, x, FloatVector.broadcast(x.species(), constant));
  }
}
