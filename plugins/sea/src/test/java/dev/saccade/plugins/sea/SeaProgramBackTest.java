package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.saccade.api.ElementType;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The way back on tensors of the GPU: how numbers are stored, and how many heads go at once. */
@OnFakeDriver
class SeaProgramBackTest {

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  private static SeaDeviceTrial trial(boolean causal) {
    return new SeaDeviceTrial(causal, 139, 7, ElementType.F32, OPTIONS);
  }

  /** With a causal mask and without, in both types of 16 bits. */
  static Stream<Arguments> waysAndTypes() {
    return Stream.of(true, false)
        .flatMap(
            causal ->
                Stream.of(ElementType.F16, ElementType.BF16).map(type -> arguments(causal, type)));
  }

  /**
   * Rows of 7 numbers are added up in one order whatever their type, so nothing but the last step
   * differs.
   */
  @ParameterizedTest
  @MethodSource("waysAndTypes")
  void gradients_of_sixteen_bits_are_those_of_f32_rounded_once(boolean causal, ElementType stored) {
    List<double[]> exact = trial(causal).gradients(new SeaProgram());

    List<double[]> gradients = trial(causal).storedAs(stored).gradients(new SeaProgram());

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
  @MethodSource("waysAndTypes")
  void rows_may_be_read_in_pieces(boolean causal, ElementType stored) {
    SeaDeviceTrial trial = new SeaDeviceTrial(causal, 67, 8, ElementType.F32, OPTIONS);
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
  @CsvSource({"true, 1", "true, 4", "false, 1", "false, 4"})
  void bits_do_not_depend_on_how_many_heads_go_at_once(boolean causal, int heads) {
    SeaDeviceTrial trial = trial(causal);
    List<double[]> expected = trial.gradients(new SeaProgram());

    List<double[]> gradients = trial.gradients(new SeaProgram(heads * trial.featureBytesOfHead()));

    for (int input = 0; input < expected.size(); input++) {
      assertThat(gradients.get(input)).as("input %d", input).containsExactly(expected.get(input));
    }
  }

  /** Without a causal mask nearly all of the picture also weighs the average. */
  static Stream<Arguments> choosing() {
    return Stream.of(
        arguments(
            true,
            List.of(
                SeaParameters.PROJECTION,
                SeaParameters.weight(SeaParameters.ROWS),
                SeaParameters.bias(SeaParameters.STRIPS_NORM),
                SeaParameters.weight(SeaParameters.PAINT_REFINE),
                SeaParameters.weight(SeaParameters.PAINT_JOIN),
                SeaParameters.weight(SeaParameters.SCORES_NORM))),
        arguments(
            false,
            List.of(SeaParameters.PROJECTION, SeaParameters.bias(SeaParameters.PAINT_JOIN))));
  }

  @ParameterizedTest
  @MethodSource("choosing")
  void what_only_serves_the_choice_has_a_gradient_of_zero(boolean causal, List<String> choosing) {
    SeaDeviceTrial trial = trial(causal);

    List<double[]> gradients = trial.gradients(new SeaProgram());

    KernelRequest request = trial.request();
    SeaInputs inputs = SeaInputs.of(request, SeaOptions.from(request.arguments()));
    for (String name : choosing) {
      assertThat(gradients.get(inputs.parameter(name))).as(name).containsOnly(0.0);
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
