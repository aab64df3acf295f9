package dev.saccade.runtime.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfPrecisionTest {

  @Test
  void every_number_of_either_format_comes_back_to_its_bits() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float half = HalfPrecision.float16((short) bits);
      float brain = HalfPrecision.bfloat16((short) bits);

      if (!Float.isNaN(half)) {
        assertThat(HalfPrecision.toFloat16(half)).isEqualTo((short) bits);
      }
      if (!Float.isNaN(brain)) {
        assertThat(HalfPrecision.toBfloat16(brain)).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void no_other_half_is_nearer_and_of_two_equally_near_the_even_one_is_taken() {
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Math.abs(value) < 65504) {
        requireNearest(value);
      }
    }
    for (int bits = 0; bits < 0x7BFF; bits++) {
      float here = HalfPrecision.float16((short) bits);
      float next = HalfPrecision.float16((short) (bits + 1));
      float middle = (float) (((double) here + next) / 2);

      assertThat(HalfPrecision.toFloat16(middle) & 1).as("of %s", middle).isZero();
      requireNearest(middle);
    }
  }

  private static void requireNearest(float value) {
    short bits = HalfPrecision.toFloat16(value);
    double error = Math.abs((double) HalfPrecision.float16(bits) - value);
    for (int step : new int[] {-1, 1}) {
      float neighbour = HalfPrecision.float16((short) (bits + step));
      if (!Float.isNaN(neighbour)) {
        assertThat(error).isLessThanOrEqualTo(Math.abs((double) neighbour - value));
      }
    }
  }

  @Test
  void what_is_too_great_for_a_half_is_infinite_and_what_is_no_number_stays_none() {
    assertThat(HalfPrecision.toFloat16(65519.996f)).isEqualTo((short) 0x7BFF);
    assertThat(HalfPrecision.toFloat16(65520)).isEqualTo((short) 0x7C00);
    assertThat(HalfPrecision.toFloat16(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xFC00);
    assertThat(HalfPrecision.float16(HalfPrecision.toFloat16(Float.NaN))).isNaN();
    assertThat(HalfPrecision.bfloat16(HalfPrecision.toBfloat16(Float.NaN))).isNaN();
    assertThat(HalfPrecision.toFloat16(-1e-9f)).isEqualTo((short) 0x8000);
  }

  @Test
  void a_brain_float_is_rounded_half_to_even() {
    assertThat(HalfPrecision.bfloat16(HalfPrecision.toBfloat16(0x1.01p0f))).isEqualTo(1);
    assertThat(HalfPrecision.bfloat16(HalfPrecision.toBfloat16(0x1.03p0f))).isEqualTo(0x1.04p0f);
    assertThat(HalfPrecision.bfloat16(HalfPrecision.toBfloat16(0x1.010002p0f)))
        .isEqualTo(0x1.02p0f);
  }
}
