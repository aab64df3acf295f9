package dev.saccade.conformance.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GoldenReportTest {

  private static final double HIDING = -1.7e38;

  @TempDir private Path folder;

  private GoldenFolder cases;
  private GoldenReport report;

  @BeforeEach
  void write_two_cases() {
    for (String name : new String[] {"first", "second"}) {
      new GoldenFiles()
          .floats("x.a", new long[] {2, 2}, 1, 2, 3, HIDING)
          .mask("x.mask", new long[] {2}, 1, 0)
          .floats("in.q", new long[] {1}, 5)
          .write(folder, name, "{\"tolerance\": {\"x.a\": {\"suggested_atol\": 0.01}}}");
    }
    cases = GoldenFolder.at(folder);
    report = new GoldenReport("Test", cases);
  }

  @Test
  void results_within_tolerance_pass_and_hidden_numbers_are_not_compared() {
    check("first", matrix(1.005, 2, 3, 42), mask(1, 0));
    check("second", matrix(1, 2, 3, 0), mask(1, 0));

    assertThatCode(report::close).doesNotThrowAnyException();
    assertThat(report.table(2))
        .contains("2 of 2 cases, 4 tensors compared")
        .containsPattern("first +2 +x\\.a +5\\.0e-03 +1\\.0e-02");
  }

  @Test
  void a_number_that_is_off_is_named_with_its_place() {
    assertThatThrownBy(() -> check("first", matrix(1, 2, 3.5, 0), mask(1, 0)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("first: x.a: 1 of 4 numbers are off; the worst, [1, 0], is 3.5")
        .hasMessageContaining("should be 3.0 (allowed ±0.01)");
  }

  @Test
  void a_mask_that_differs_in_one_place_fails() {
    assertThatThrownBy(() -> check("first", matrix(1, 2, 3, 0), mask(1, 1)))
        .hasMessageContaining("x.mask: 1 of 2 numbers are off; the worst, [1], is 1.0");
  }

  @Test
  void no_number_is_close_to_anything() {
    assertThatThrownBy(() -> check("first", matrix(1, Double.NaN, 3, 0), mask(1, 0)))
        .hasMessageContaining("the worst, [0, 1], is NaN but should be 2.0");
  }

  @Test
  void another_shape_of_as_many_numbers_fails() {
    INDArray flat = Nd4j.createFromArray(1.0, 2.0, 3.0, 0.0);

    assertThatThrownBy(() -> check("first", flat, mask(1, 0)))
        .hasMessageContaining("x.a must be [2, 2] but is [4]");
  }

  @Test
  void a_tensor_that_nobody_compared_fails() {
    assertThatThrownBy(
            () ->
                report.check(
                    cases.read("first"),
                    Set.of("x."),
                    compared -> compared.tensor("x.mask", mask(1, 0))))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("nothing was compared with x.a");
  }

  @Test
  void a_tensor_that_is_left_out_is_counted_with_its_reason() {
    report.check(
        cases.read("first"),
        Set.of("x."),
        compared -> {
          compared.tensor("x.mask", mask(1, 0));
          compared.leaveOut("x.a", "chance decides");
        });

    assertThat(report.table(2))
        .contains("1 of 2 cases, 1 tensors compared", "1 left out: chance decides");
  }

  @Test
  void a_case_that_was_not_run_fails_the_report() {
    check("first", matrix(1, 2, 3, 0), mask(1, 0));

    assertThatThrownBy(report::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("not compared, or not to the end: [second]");
  }

  @Test
  void a_report_that_compared_nothing_fails() {
    for (String name : new String[] {"first", "second"}) {
      report.check(cases.read(name), Set.of("loss."), compared -> {});
    }

    assertThatThrownBy(report::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("none of 2 cases has a tensor to compare");
  }

  private void check(String name, INDArray matrix, INDArray mask) {
    report.check(
        cases.read(name),
        Set.of("x."),
        compared -> {
          compared.tensor("x.a", matrix);
          compared.tensor("x.mask", mask);
        });
  }

  private static INDArray matrix(double... numbers) {
    return Nd4j.createFromArray(numbers).reshape(2, 2);
  }

  private static INDArray mask(double... numbers) {
    return Nd4j.createFromArray(numbers);
  }
}
