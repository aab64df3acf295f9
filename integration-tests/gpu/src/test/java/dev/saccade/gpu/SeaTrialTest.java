package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Masking;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the suite tells right from wrong where there is no kernel to try it with. */
class SeaTrialTest {

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void gradients_by_differences_number_for_number_are_right(Masking masking) {
    SeaCase of = SeaCase.of(masking);
    List<Finding> findings = of.trial().ofGradients(of.gradients());

    assertThat(findings).allMatch(Finding::right, "right");
    assertThat(findings).extracting(Finding::tensor).contains("gradient of encoder.weight");
  }

  @ParameterizedTest
  @EnumSource
  void a_context_with_one_number_wrong_is_found(Masking masking) {
    SeaCase of = SeaCase.of(masking);
    double[] context = of.context();
    assertThat(of.trial().ofContext(context)).allMatch(Finding::right, "right");
    context[0] += 1e-4;

    assertThat(of.trial().ofContext(context))
        .filteredOn(finding -> !finding.right())
        .extracting(Finding::tensor)
        .containsExactly("context");
  }

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void a_gradient_with_one_number_wrong_is_found(Masking masking) {
    SeaCase of = SeaCase.of(masking);
    List<double[]> gradients = of.gradients();
    gradients.get(1)[of.sizes().headSize() + 1] += 0.01;

    List<Finding> findings = of.trial().ofGradients(gradients);

    assertThat(findings)
        .filteredOn(finding -> !finding.right())
        .extracting(Finding::tensor)
        .containsExactly("gradient of key");
  }

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void nan_is_found(Masking masking) {
    SeaCase of = SeaCase.of(masking);
    List<double[]> gradients = of.gradients();
    gradients.get(0)[0] = Double.NaN;

    assertThat(of.trial().ofGradients(gradients).get(0).right()).isFalse();
    double[] context = new double[of.trial().gradient().values().length];
    Arrays.fill(context, Double.NaN);
    assertThat(of.trial().ofContext(context))
        .noneMatch(each -> !each.tensor().equals("choice") && each.right());
  }
}
