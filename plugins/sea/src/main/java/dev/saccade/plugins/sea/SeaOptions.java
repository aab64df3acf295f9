package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What users can set about SEA, as the layer uses it. The defaults are those of the authors' BERT.
 *
 * @param kept k as the layer was built. It is live, so graphs read it as a variable, and a decoding
 *     as it is when it begins
 * @param width M, columns of the estimate
 * @param featureDivisor F = D·ln(D) / this
 * @param redrawInterval training steps between two draws of the random features
 * @param grouping who competes for the kept columns
 * @param oversample how many times more columns are kept, to be thinned out as keys
 * @param keyRule which keys under a kept column are attended to
 * @param estimateEvery the estimate is made for every so many queries
 * @param scaling what is multiplied by 1/√D
 * @param scaled whether a learned gate scales every row of the sparse attention
 * @param jointEncoder whether the encoder sees all heads of a position at once
 * @param deeper whether causal attention refines its picture three times instead of two
 * @param constantShift whether gradients take the features' greatest exponent for a constant
 * @param losses how much each term of the distillation counts
 */
record SeaOptions(
    int kept,
    int width,
    double featureDivisor,
    int redrawInterval,
    Grouping grouping,
    double oversample,
    KeyRule keyRule,
    int estimateEvery,
    Scaling scaling,
    boolean scaled,
    boolean jointEncoder,
    boolean deeper,
    boolean constantShift,
    LossWeights losses) {

  /** Tells a kernel whether attention is causal; no option, but of the spec. */
  static final String CAUSAL = "causal";

  static final Option<Integer> KEPT =
      Option.integer("k", 7, "keys kept per query and head, on average")
          .between(1, 4096)
          .changeableLive();

  static final Option<Integer> WIDTH =
      Option.integer("width", 128, "columns of the estimated attention matrix").between(2, 4096);

  static final Option<Double> FEATURE_DIVISOR =
      Option.decimal("feature-divisor", 1.0, "random features are D·ln(D) divided by this")
          .between(0.125, 64.0);

  static final Option<Integer> REDRAW_INTERVAL =
      Option.integer("redraw-interval", 1000, "training steps between two draws of the features")
          .between(1, Integer.MAX_VALUE);

  static final Option<Grouping> GROUPING =
      Option.choice(
          "grouping", Grouping.CAUSAL_BATCH, "whose estimates compete for the k that are kept");

  static final Option<Double> OVERSAMPLE =
      Option.decimal("oversample", 1.0, "keep this many times more columns, each thinned out")
          .between(1.0, 16.0);

  static final Option<KeyRule> KEY_RULE =
      Option.choice("keys", KeyRule.ALL, "which keys under a kept column are attended to");

  static final Option<Integer> ESTIMATE_EVERY =
      Option.integer("estimate-every", 1, "estimate for every so many queries, and repeat")
          .between(1, 1024);

  static final Option<Scaling> SCALING =
      Option.choice("scale", Scaling.SCORES, "what is multiplied by 1/√D");

  static final Option<Boolean> SCALER =
      Option.flag("scaler", true, "scale every row of the sparse attention by a learned gate");

  static final Option<Boolean> JOINT_ENCODER =
      Option.flag("joint-encoder", false, "encode all heads of a position together");

  static final Option<Boolean> DEEPER =
      Option.flag("deeper", false, "causal: refine the estimate by three convolutions, not two");

  static final Option<Boolean> CONSTANT_SHIFT =
      Option.flag(
          "constant-shift",
          false,
          "in gradients, take the greatest exponent of the features for a constant, as published");

  static final List<Option<?>> SCHEMA =
      Stream.<Option<?>>concat(
              Stream.of(
                  KEPT,
                  WIDTH,
                  FEATURE_DIVISOR,
                  REDRAW_INTERVAL,
                  GROUPING,
                  OVERSAMPLE,
                  KEY_RULE,
                  ESTIMATE_EVERY,
                  SCALING,
                  SCALER,
                  JOINT_ENCODER,
                  DEEPER,
                  CONSTANT_SHIFT,
                  KernelChoice.OPTION),
              LossWeights.SCHEMA.stream())
          .toList();

  static SeaOptions from(Options options) {
    return new SeaOptions(
        options.get(KEPT),
        options.get(WIDTH),
        options.get(FEATURE_DIVISOR),
        options.get(REDRAW_INTERVAL),
        options.get(GROUPING),
        options.get(OVERSAMPLE),
        options.get(KEY_RULE),
        options.get(ESTIMATE_EVERY),
        options.get(SCALING),
        options.get(SCALER),
        options.get(JOINT_ENCODER),
        options.get(DEEPER),
        options.get(CONSTANT_SHIFT),
        LossWeights.from(options));
  }

  /** What a kernel is told: {@link #CAUSAL}, and all that matters to one. */
  KernelArguments arguments(boolean causal) {
    Options told =
        Options.defaults(SCHEMA)
            .with(KEPT, kept)
            .with(WIDTH, width)
            .with(FEATURE_DIVISOR, featureDivisor)
            .with(GROUPING, grouping)
            .with(OVERSAMPLE, oversample)
            .with(KEY_RULE, keyRule)
            .with(ESTIMATE_EVERY, estimateEvery)
            .with(SCALING, scaling)
            .with(SCALER, scaled)
            .with(JOINT_ENCODER, jointEncoder)
            .with(DEEPER, deeper)
            .with(CONSTANT_SHIFT, constantShift);
    return new KernelArguments(told.asTexts()).with(CAUSAL, causal);
  }

  /** What {@link #arguments} told. */
  static SeaOptions from(KernelArguments arguments) {
    Map<String, String> texts = new LinkedHashMap<>(arguments.values());
    texts.remove(CAUSAL);
    return from(Options.parse(SCHEMA, texts));
  }

  /** The same but for k. */
  SeaOptions withKept(int other) {
    return new SeaOptions(
        other,
        width,
        featureDivisor,
        redrawInterval,
        grouping,
        oversample,
        keyRule,
        estimateEvery,
        scaling,
        scaled,
        jointEncoder,
        deeper,
        constantShift,
        losses);
  }

  /** F, the random features of a head of size D; may come out as zero. */
  int features(int headSize) {
    return (int) (headSize * Math.log(headSize) / featureDivisor);
  }
}
