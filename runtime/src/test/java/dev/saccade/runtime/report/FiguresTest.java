package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FiguresTest {

  @Test
  void shows_times_with_three_digits_and_the_fitting_unit() {
    assertThat(Figures.millis(0.0421)).isEqualTo("42.1 µs");
    assertThat(Figures.millis(9.996)).isEqualTo("10.0 ms");
    assertThat(Figures.millis(123.4)).isEqualTo("123 ms");
    assertThat(Figures.millis(12_340.0)).isEqualTo("12.3 s");
    assertThat(Figures.millis(null)).isEqualTo("–");
  }

  @Test
  void shows_sizes_in_binary_units() {
    assertThat(Figures.bytes(0L)).isEqualTo("0 B");
    assertThat(Figures.bytes(999L)).isEqualTo("999 B");
    assertThat(Figures.bytes(1023L)).isEqualTo("1.00 KiB");
    assertThat(Figures.bytes(1_572_864L)).isEqualTo("1.50 MiB");
    assertThat(Figures.bytes(5L << 40)).isEqualTo("5.00 TiB");
    assertThat(Figures.bytes(null)).isEqualTo("–");
  }

  @Test
  void says_how_many_times_more_or_less() {
    assertThat(Figures.moreOrLess(0.1)).isEqualTo("10× less");
    assertThat(Figures.moreOrLess(3.14)).isEqualTo("3.1× more");
    assertThat(Figures.moreOrLess(1.01)).isEqualTo("the same");
  }

  @Test
  void writes_a_true_minus() {
    assertThat(Figures.fraction(-0.25)).isEqualTo("−0.250");
  }
}
