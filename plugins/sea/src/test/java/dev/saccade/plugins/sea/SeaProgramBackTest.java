package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way back on tensors of the GPU: how numbers are stored, and how many heads go at once. */
@OnFakeDriver
class SeaProgramBackTest {

  private static final SeaDeviceTrial TRIAL =
      new SeaDeviceTrial(139, 7, ElementType.F32, Map.of("width", "32", "k", "5"));

  /**
   * Rows of 7 numbers are added up in one order whatever their type, so nothing but the last step
   * differs.
   */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void gradients_of_sixteen_bits_are_those_of_f32_rounded_once(ElementType stored) {
    List<double[]> exact = TRIAL.gradients(new SeaProgram());

    List<double[]> gradients = TRIAL.storedAs(stored).gradients(new SeaProgram());

    double precision = precision(stored);
    for (int input = 0; input < exact.size(); input++) {
      if (input > SeaInputs.VALUE) {
        assertThat(gradients.get(input)).as("input %d", input).containsExactly(exact.get(input));
      } else {
        assertRelativelyClose(input, gradients.get(input), exact.get(input), precision, 0);
      }
    }
  }

  /** Rows of 8 are read in pieces, of 4 numbers or of 8. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void rows_may_be_read_in_pieces(ElementType stored) {
    SeaDeviceTrial trial = new SeaDeviceTrial(67, 8, ElementType.F32, TRIAL.options());
    List<double[]> exact = trial.gradients(new SeaProgram());

    List<double[]> gradients = trial.storedAs(stored).gradients(new SeaProgram());

    for (int input = 0; input < exact.size(); input++) {
      double precision = input > SeaInputs.VALUE ? 0 : precision(stored);
      double greatest = Arrays.stream(exact.get(input)).map(Math::abs).max().orElseThrow();
      double summed = greatest * 0x1p-24 * trial.length(); // of as many numbers, in another order
      assertRelativelyClose(input, gradients.get(input), exact.get(input), precision, summed);
    }
  }

  /** Of six heads: groups of one; of four and two; of all. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void bits_do_not_depend_on_how_many_heads_go_at_once(int heads) {
    List<double[]> expected = TRIAL.gradients(new SeaProgram());

    List<double[]> gradients = TRIAL.gradients(new SeaProgram(heads * TRIAL.featureBytesOfHead()));

    for (int input = 0; input < expected.size(); input++) {
      assertThat(gradients.get(input)).as("input %d", input).containsExactly(expected.get(input));
    }
  }

  @Test
  void what_only_serves_the_choice_has_a_gradient_of_zero() {
    List<double[]> gradients = TRIAL.gradients(new SeaProgram());

    SeaInputs inputs = SeaInputs.of(TRIAL.request(), SeaOptions.from(TRIAL.request().arguments()));
    for (String choosing :
        List.of(
            SeaParameters.PROJECTION,
            SeaParameters.weight(SeaParameters.ROWS),
            SeaParameters.bias(SeaParameters.STRIPS_NORM),
            SeaParameters.weight(SeaParameters.PAINT_REFINE),
            SeaParameters.weight(SeaParameters.PAINT_JOIN),
            SeaParameters.weight(SeaParameters.SCORES_NORM))) {
      assertThat(gradients.get(inputs.parameter(choosing))).as(choosing).containsOnly(0.0);
    }
    assertThat(gradients.get(SeaInputs.KEPT)).containsOnly(0.0);
    assertThat(gradients.get(inputs.real().orElseThrow())).containsOnly(0.0);
  }

  /** Half of the last bit's worth, in numbers that are not very small. */
  private static double precision(ElementType stored) {
    return stored == ElementType.F16 ? 0x1p-11 : 0x1p-8;
  }

  private static void assertRelativelyClose(
      int input, double[] actual, double[] expected, double precision, double absolute) {
    double smallest = 0x1p-25; // half of the smallest that F16 has
    for (int i = 0; i < expected.length; i++) {
      double allowed = precision * Math.abs(expected[i]) + smallest + absolute;
      if (!(Math.abs(actual[i] - expected[i]) <= allowed)) { // NaN is never close
        assertThat(actual[i])
            .as("number %d of the gradient of input %d, allowed ±%s", i, input, allowed)
            .isEqualTo(expected[i]);
      }
    }
  }
}
