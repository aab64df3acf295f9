package dev.saccade.plugins.sea;

import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;

/**
 * What users can set about SEA, as the layer uses it. The defaults are those of the authors' BERT.
 *
 * <p>The number of kept keys is not among the fields: it is live, so the layer reads it as a
 * variable of the graph.
 *
 * @param width M, columns of the estimate
 * @param featureDivisor F = D·ln(D) / this
 * @param grouping who competes for the kept columns
 * @param oversample how many times more columns are kept, to be thinned out as keys
 * @param scaled whether a learned gate scales every row of the sparse attention
 * @param jointEncoder whether the encoder sees all heads of a position at once
 * @param constantShift whether gradients take the features' greatest exponent for a constant
 */
record SeaOptions(
    int width,
    double featureDivisor,
    Grouping grouping,
    double oversample,
    boolean scaled,
    boolean jointEncoder,
    boolean constantShift) {

  static final Option<Integer> KEPT =
      Option.integer("k", 7, "keys kept per query and head, on average")
          .between(1, 4096)
          .changeableLive();

  static final Option<Integer> WIDTH =
      Option.integer("width", 128, "columns of the estimated attention matrix").between(2, 4096);

  static final Option<Double> FEATURE_DIVISOR =
      Option.decimal("feature-divisor", 1.0, "random features are D·ln(D) divided by this")
          .between(0.125, 64.0);

  static final Option<Grouping> GROUPING =
      Option.choice(
          "grouping", Grouping.CAUSAL_BATCH, "whose estimates compete for the k that are kept");

  static final Option<Double> OVERSAMPLE =
      Option.decimal("oversample", 1.0, "keep this many times more columns, each thinned out")
          .between(1.0, 16.0);

  static final Option<Boolean> SCALER =
      Option.flag("scaler", true, "scale every row of the sparse attention by a learned gate");

  static final Option<Boolean> JOINT_ENCODER =
      Option.flag("joint-encoder", false, "encode all heads of a position together");

  static final Option<Boolean> CONSTANT_SHIFT =
      Option.flag(
          "constant-shift",
          false,
          "in gradients, take the greatest exponent of the features for a constant, as published");

  static final List<Option<?>> SCHEMA =
      List.of(
          KEPT,
          WIDTH,
          FEATURE_DIVISOR,
          GROUPING,
          OVERSAMPLE,
          SCALER,
          JOINT_ENCODER,
          CONSTANT_SHIFT);

  static SeaOptions from(Options options) {
    return new SeaOptions(
        options.get(WIDTH),
        options.get(FEATURE_DIVISOR),
        options.get(GROUPING),
        options.get(OVERSAMPLE),
        options.get(SCALER),
        options.get(JOINT_ENCODER),
        options.get(CONSTANT_SHIFT));
  }

  /** F, the random features of a head of size D; may come out as zero. */
  int features(int headSize) {
    return (int) (headSize * Math.log(headSize) / featureDivisor);
  }

  /** W, half of M: what one strip of the row decoder paints. */
  int paintedWidth() {
    return width / 2;
  }
}
