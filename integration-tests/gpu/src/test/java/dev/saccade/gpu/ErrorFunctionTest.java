package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorFunctionTest {

  /** From tables with more digits than a double has. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.1, 0.1124629160182849",
    "-0.5, -0.5204998778130465",
    "1, 0.8427007929497149",
    "2, 0.9953222650189527",
    "2.5, 0.9995930479825550",
    "-3, -0.9999779095030014",
    "6, 1"
  })
  void is_as_tables_have_it(double x, double expected) {
    assertThat(ErrorFunction.of(x)).isCloseTo(expected, offset(1e-15));
  }
}
