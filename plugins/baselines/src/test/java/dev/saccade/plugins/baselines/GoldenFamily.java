package dev.saccade.plugins.baselines;

import java.util.Locale;

/** The mechanism that a golden case is about. */
enum GoldenFamily {
  SOFTMAX,
  PERFORMER,
  COSFORMER,
  SYNTHESIZER,
  REFORMER,
  SINKHORN,
  SCATTERBRAIN;

  /** Fails for a case of an unknown mechanism, so that none is passed over in silence. */
  static GoldenFamily of(GoldenCase golden) {
    String method =
        switch (golden.kind()) {
          case "bert_layer", "opt_layer" -> golden.config("method").asText();
          case "performer_fast_attention" -> "performer";
          case "reformer_lsh" -> "reformer";
          case "synthesizer_flax_translation" -> "synthesizer";
          default -> golden.kind();
        };
    return method.equals("none") ? SOFTMAX : valueOf(method.toUpperCase(Locale.ROOT));
  }
}
