package dev.saccade.plugins.sea;

import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;

/**
 * How much each term of the {@link Distillation} counts. The defaults are those of the authors.
 *
 * @param klEstimate of the divergence of the estimate from the teacher's attention
 * @param mseEstimate of their mean square difference
 * @param klScores of the divergence of exact attention, by this layer's queries and keys, from the
 *     teacher's
 * @param mseScores of their mean square difference
 * @param mseContext of the mean square difference of the contexts
 */
record LossWeights(
    double klEstimate, double mseEstimate, double klScores, double mseScores, double mseContext) {

  static final Option<Double> KL_ESTIMATE =
      weight("kl-estimate", 0.1, "divergence of the estimate from the teacher's attention");

  static final Option<Double> MSE_ESTIMATE =
      weight("mse-estimate", 1, "squared difference of the estimate from the teacher's attention");

  static final Option<Double> KL_SCORES =
      weight("kl-scores", 0.1, "divergence of exact attention from the teacher's");

  static final Option<Double> MSE_SCORES =
      weight("mse-scores", 1, "squared difference of exact attention from the teacher's");

  static final Option<Double> MSE_CONTEXT =
      weight("mse-context", 1, "squared difference of the context from the teacher's");

  static final List<Option<?>> SCHEMA =
      List.of(KL_ESTIMATE, MSE_ESTIMATE, KL_SCORES, MSE_SCORES, MSE_CONTEXT);

  static LossWeights from(Options options) {
    return new LossWeights(
        options.get(KL_ESTIMATE),
        options.get(MSE_ESTIMATE),
        options.get(KL_SCORES),
        options.get(MSE_SCORES),
        options.get(MSE_CONTEXT));
  }

  private static Option<Double> weight(String name, double defaultValue, String of) {
    return Option.decimal(name, defaultValue, "distillation: weight of the " + of)
        .between(0.0, 1e6);
  }
}
