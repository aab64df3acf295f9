package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.LayerInputs.D;
import static dev.saccade.plugins.baselines.LayerInputs.H;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.plugins.baselines.RecipeTrial.Result;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every baseline against its formula in plain Java doubles. */
class RecipeTest {

  private static final int B = 2;
  private static final int T = 5;

  /**
   * The formula of a mechanism: how much a key weighs for a query, and what is added to the sum.
   */
  enum Formula {
    SOFTMAX(0) {
      @Override
      AttentionMechanism mechanism() {
        return new SoftmaxAttention();
      }

      @Override
      double weigh(double[] q, int query, double[] k, int key) {
        double dot = 0;
        for (int d = 0; d < D; d++) {
          dot += q[query + d] * k[key + d];
        }
        return Math.exp(dot / Math.sqrt(D));
      }
    },
    LINEAR(1e-6) {
      @Override
      AttentionMechanism mechanism() {
        return new LinearAttention();
      }

      @Override
      double weigh(double[] q, int query, double[] k, int key) {
        double dot = 0;
        for (int d = 0; d < D; d++) {
          dot += feature(q[query + d]) * feature(k[key + d]);
        }
        return dot;
      }

      private double feature(double x) {
        return x > 0 ? x + 1 : Math.exp(x);
      }
    };

    private final double epsilon;

    Formula(double epsilon) {
      this.epsilon = epsilon;
    }

    abstract AttentionMechanism mechanism();

    abstract double weigh(double[] q, int query, double[] k, int key);

    Result of(LayerInputs in, Masking masking) {
      double[] weights = new double[in.batch() * H * in.queries() * in.keys()];
      double[] context = new double[in.query().length];
      for (int row = 0; row < in.batch() * H * in.queries(); row++) {
        int bh = row / in.queries();
        int t = row % in.queries();
        double sum = epsilon;
        for (int s = 0; s < in.keys(); s++) {
          if ((!masking.causal() || s <= t) && in.isReal(bh / H, s)) {
            double weight = weigh(in.query(), row * D, in.key(), (bh * in.keys() + s) * D);
            weights[row * in.keys() + s] = weight;
            sum += weight;
          }
        }
        for (int s = 0; s < in.keys() && sum > 0; s++) {
          weights[row * in.keys() + s] /= sum;
          for (int d = 0; d < D; d++) {
            context[row * D + d] +=
                weights[row * in.keys() + s] * in.value()[(bh * in.keys() + s) * D + d];
          }
        }
      }
      return new Result(context, weights);
    }
  }

  static Stream<Arguments> every_masking() {
    return Stream.of(Formula.values())
        .flatMap(
            formula ->
                formula.mechanism().capabilities().maskings().stream()
                    .map(masking -> Arguments.of(formula, masking)));
  }

  static Stream<Arguments> every_padded_masking() {
    return every_masking().filter(each -> ((Masking) each.get()[1]).padded());
  }

  /** Queries and keys of cross attention share no positions, so it cannot be causal. */
  static Stream<Arguments> every_masking_without_order() {
    return every_masking().filter(each -> !((Masking) each.get()[1]).causal());
  }

  private static AttentionSpec spec(Masking masking) {
    return AttentionSpec.multiHead(H, D).withMasking(masking).withElementType(ElementType.F64);
  }

  /** Padding at the end of one sequence and at both ends of the other. */
  private static LayerInputs inputs(AttentionSpec spec) {
    return LayerInputs.gaussian(spec, B, T, T).hiding(0, 3, 4).hiding(1, 0, 4);
  }

  private static void requireClose(Result actual, Result expected, double tolerance) {
    assertThat(actual.weights()).containsExactly(expected.weights(), within(tolerance));
    assertThat(actual.context()).containsExactly(expected.context(), within(tolerance));
  }

  @ParameterizedTest
  @MethodSource("every_masking")
  void a_recipe_gives_the_formulas_numbers(Formula formula, Masking masking) {
    LayerInputs inputs = inputs(spec(masking));

    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec(masking))) {
      requireClose(trial.run(inputs), formula.of(inputs, masking), 1e-13);
    }
  }

  @ParameterizedTest
  @MethodSource("every_masking")
  void float32_costs_its_rounding_only(Formula formula, Masking masking) {
    LayerInputs inputs = inputs(spec(masking));

    try (RecipeTrial trial =
        new RecipeTrial(formula.mechanism(), spec(masking).withElementType(ElementType.F32))) {
      // Sums of 7 and 5 products of numbers below 4: some dozens of units of 6e-8.
      requireClose(trial.run(inputs), formula.of(inputs, masking), 4e-6);
    }
  }

  @ParameterizedTest
  @MethodSource("every_padded_masking")
  void a_query_that_sees_no_key_gets_zeros(Formula formula, Masking masking) {
    LayerInputs inputs =
        LayerInputs.gaussian(spec(masking), B, T, T).hiding(0, 0).hiding(1, 0, 1, 2, 3, 4);

    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec(masking))) {
      Result result = trial.run(inputs);

      int sequence = H * T * D;
      assertThat(Arrays.copyOfRange(result.context(), sequence, 2 * sequence)).containsOnly(0);
      requireClose(result, formula.of(inputs, masking), 1e-13);
    }
  }

  @ParameterizedTest
  @MethodSource("every_padded_masking")
  void padding_changes_nothing(Formula formula, Masking masking) {
    LayerInputs batch = inputs(spec(masking));
    int padding = 6;

    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec(masking))) {
      double[] inBatch = trial.run(batch).context();
      double[] longer = trial.run(batch.aloneAndPadded(1, padding)).context();

      for (int h = 0; h < H; h++) {
        assertThat(Arrays.copyOfRange(longer, h * (T + padding) * D, (h * (T + padding) + T) * D))
            .containsExactly(
                Arrays.copyOfRange(inBatch, (H + h) * T * D, (H + h + 1) * T * D), within(1e-13));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("every_masking")
  void the_shown_weights_times_the_values_are_the_context(Formula formula, Masking masking) {
    LayerInputs inputs = inputs(spec(masking));

    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec(masking))) {
      Result result = trial.run(inputs);

      double[] mixed = new double[result.context().length];
      for (int row = 0; row < B * H * T; row++) {
        for (int s = 0; s < T; s++) {
          for (int d = 0; d < D; d++) {
            mixed[row * D + d] +=
                result.weights()[row * T + s] * inputs.value()[(row / T * T + s) * D + d];
          }
        }
      }
      assertThat(mixed).containsExactly(result.context(), within(1e-13));
    }
  }

  @ParameterizedTest
  @MethodSource("every_masking")
  void gradients_match_finite_differences(Formula formula, Masking masking) {
    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec(masking))) {
      trial.requireGradients(inputs(spec(masking)));
    }
  }

  @ParameterizedTest
  @MethodSource("every_masking")
  void equal_inputs_give_equal_bits(Formula formula, Masking masking) {
    AttentionSpec spec = spec(masking).withElementType(ElementType.F32);
    LayerInputs inputs = LayerInputs.gaussian(spec, B, 67, 67);

    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec)) {
      Result once = trial.run(inputs);
      Result again = trial.run(inputs);

      assertThat(again.context()).isEqualTo(once.context());
      assertThat(again.weights()).isEqualTo(once.weights());
    }
  }

  @ParameterizedTest
  @MethodSource("every_masking_without_order")
  void cross_attention_takes_more_keys_than_queries(Formula formula, Masking masking) {
    AttentionSpec spec = spec(masking).withSource(Source.CROSS);
    LayerInputs inputs = LayerInputs.gaussian(spec, B, T, 11).hiding(1, 7, 8, 9, 10);

    try (RecipeTrial trial = new RecipeTrial(formula.mechanism(), spec)) {
      requireClose(trial.run(inputs), formula.of(inputs, masking), 1e-13);
    }
  }
}
