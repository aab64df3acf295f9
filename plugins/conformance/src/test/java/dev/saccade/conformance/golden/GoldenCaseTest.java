package dev.saccade.conformance.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class GoldenCaseTest {

  @TempDir private Path folder;

  @Test
  void tensors_have_their_shape_and_are_float64() {
    GoldenCase golden =
        golden("{}", new GoldenFiles().floats("x.a", new long[] {2, 3}, 0, 1, 2, 3, 4, 5.5));

    INDArray tensor = golden.tensor("x.a");

    assertThat(tensor.shape()).containsExactly(2, 3);
    assertThat(tensor.dataType()).isEqualTo(DataType.DOUBLE);
    assertThat(tensor.getDouble(1, 2)).isEqualTo(5.5);
  }

  @Test
  void a_single_number_is_a_scalar() {
    GoldenCase golden = golden("{}", new GoldenFiles().floats("loss.a", new long[0], 0.25));

    assertThat(golden.tensor("loss.a").rank()).isZero();
    assertThat(golden.tensor("loss.a").getDouble(0)).isEqualTo(0.25);
  }

  @Test
  void a_mask_must_be_met_exactly_whatever_the_case_suggests() {
    GoldenCase golden =
        golden(
            "{\"tolerance\": {\"x.mask\": {\"suggested_atol\": 0.5}}}",
            new GoldenFiles().mask("x.mask", new long[] {2}, 1, 255));

    assertThat(golden.allowed("x.mask")).isZero();
    assertThat(golden.numbers("x.mask")).containsExactly(1, 255);
  }

  @Test
  void the_tolerance_of_a_tensor_comes_before_that_of_the_case_and_before_the_rule_of_thumb() {
    GoldenCase golden =
        golden(
            "{\"tolerance\": {\"x.a\": {\"suggested_atol\": 0.125}},"
                + " \"suggested_tolerance_rel_to_max\": 0.5}",
            new GoldenFiles()
                .floats("x.a", new long[] {1}, 3)
                .floats("x.b", new long[] {2}, 3, -7));

    assertThat(golden.allowed("x.a")).isEqualTo(0.125);
    assertThat(golden.allowed("x.b")).isEqualTo(3.5);
  }

  @Test
  void without_any_suggestion_a_part_of_the_greatest_number_that_hides_nothing_is_allowed() {
    GoldenCase golden =
        golden(
            "{}",
            new GoldenFiles()
                .floats("x.a", new long[] {3}, 3, -7, -1.7e38)
                .floats("x.estimated_attention_score", new long[] {1}, 7)
                .floats("g.q", new long[] {1}, 7)
                .floats("g.zero", new long[] {1}, 1e-9));

    assertThat(golden.allowed("x.a")).isCloseTo(7 * 2e-5, within(1e-12));
    assertThat(golden.allowed("x.estimated_attention_score")).isCloseTo(7 * 3e-5, within(1e-12));
    assertThat(golden.allowed("g.q")).isCloseTo(7e-4, within(1e-12));
    assertThat(golden.allowed("g.zero")).isEqualTo(1e-6);
  }

  @Test
  void what_is_missing_is_named() {
    GoldenCase golden =
        golden("{\"config\": {\"T\": 5}}", new GoldenFiles().floats("x.a", new long[] {1}, 3));

    assertThatThrownBy(() -> golden.tensor("x.b"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("case holds no tensor x.b");
    assertThatThrownBy(() -> golden.config("k"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("case has no setting k");
  }

  @Test
  void a_setting_that_no_test_knows_is_an_error() {
    GoldenCase golden =
        golden(
            "{\"config\": {\"T\": 5, \"warp\": 9}}",
            new GoldenFiles().floats("x.a", new long[] {1}, 3));

    assertThatThrownBy(() -> golden.requireSettings(Set.of("T", "k")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("[warp]");
  }

  private GoldenCase golden(String manifest, GoldenFiles files) {
    files.write(folder, "case", manifest);
    return GoldenFolder.at(folder).read("case");
  }
}
