package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the suite tells right from wrong where there is no kernel to try it with. */
class SeaTrialTest {

  /** SEA of a masking, and numbers that it is tried with. */
  private record Case(Sizes sizes, SeaDefinition sea, Trial trial) {

    static Case of(Masking masking) {
      Sizes sizes = Sizes.of(1, 2, 5, 7, masking);
      SeaDefinition sea = new SeaDefinition(masking.causal(), 2, 11);
      return new Case(sizes, sea, sea.trial(sizes, ElementType.F32, new SplittableRandom(3)));
    }

    /** Of every input, number by number. */
    private List<double[]> gradients() {
      SeaNumbers numbers = numbers();
      SeaReference exact = SeaReference.of(numbers, SeaArithmetic.EXACT);
      double[] hidden = exact.hidden();
      boolean[] kept = SeaChoice.of(exact, exact.logWeights(exact.scores(hidden))).kept();
      List<double[]> gradients = new ArrayList<>();
      for (Numbers input : trial.inputs()) {
        double[] gradient = new double[input.values().length];
        for (int i = 0; i < gradient.length; i++) {
          double before = input.values()[i];
          double[] losses = new double[2];
          for (int side = 0; side < 2; side++) {
            input.values()[i] = before + (side == 0 ? -1e-5 : 1e-5);
            SeaReference moved = SeaReference.of(numbers, SeaArithmetic.EXACT);
            double[] context = moved.context(moved.hidden(), SeaAttended.of(moved, kept));
            for (int j = 0; j < context.length; j++) {
              losses[side] += context[j] * trial.gradient().values()[j];
            }
          }
          input.values()[i] = before;
          gradient[i] = (losses[1] - losses[0]) / 2e-5;
        }
        gradients.add(gradient);
      }
      return gradients;
    }

    private SeaNumbers numbers() {
      List<Numbers> inputs = trial.inputs();
      Map<String, double[]> parameters = new LinkedHashMap<>();
      List<String> names = sea.parameterNames(sizes);
      for (int i = 0; i < names.size(); i++) {
        parameters.put(names.get(i), inputs.get(4 + i).values());
      }
      return new SeaNumbers(
          sizes,
          2,
          11,
          inputs.get(0).values(),
          inputs.get(1).values(),
          inputs.get(2).values(),
          parameters);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void gradients_by_differences_number_for_number_are_right(Masking masking) {
    Case of = Case.of(masking);
    List<Finding> findings = of.trial.ofGradients(of.gradients());

    assertThat(findings).allMatch(Finding::right, "right");
    assertThat(findings).extracting(Finding::tensor).contains("gradient of encoder.weight");
  }

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void a_gradient_with_one_number_wrong_is_found(Masking masking) {
    Case of = Case.of(masking);
    List<double[]> gradients = of.gradients();
    gradients.get(1)[of.sizes.headSize() + 1] += 0.01;

    List<Finding> findings = of.trial.ofGradients(gradients);

    assertThat(findings)
        .filteredOn(finding -> !finding.right())
        .extracting(Finding::tensor)
        .containsExactly("gradient of key");
  }

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void nan_is_found(Masking masking) {
    Case of = Case.of(masking);
    List<double[]> gradients = of.gradients();
    gradients.get(0)[0] = Double.NaN;

    assertThat(of.trial.ofGradients(gradients).get(0).right()).isFalse();
    double[] context = new double[of.trial.gradient().values().length];
    Arrays.fill(context, Double.NaN);
    assertThat(of.trial.ofContext(context))
        .noneMatch(each -> !each.tensor().equals("choice") && each.right());
  }
}
