package dev.saccade.plugins.baselines;

import dev.saccade.conformance.golden.GoldenCase;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The mechanism that a golden case is about. */
enum GoldenFamily {
  SOFTMAX,
  PERFORMER,
  COSFORMER,
  SYNTHESIZER,
  REFORMER,
  SINKHORN,
  SCATTERBRAIN;

  /** What was run: a layer of a model, or a function of a library. */
  static final String[] KINDS = {
    "bert_layer",
    "opt_layer",
    "performer_fast_attention",
    "reformer_lsh",
    "cosformer",
    "sinkhorn",
    "synthesizer_flax_translation"
  };

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

  /** What our implementation gives for a case, by the names of the golden tensors. */
  Map<String, INDArray> compute(GoldenCase golden) {
    return switch (this) {
      case SOFTMAX -> PublishedSoftmax.compute(golden);
      case PERFORMER -> PublishedPerformer.compute(golden);
      case COSFORMER -> PublishedCosFormer.compute(golden);
      case SYNTHESIZER -> PublishedSynthesizer.compute(golden);
      case REFORMER -> PublishedReformer.compute(golden);
      case SINKHORN -> PublishedSinkhorn.compute(golden);
      case SCATTERBRAIN -> PublishedScatterbrain.compute(golden);
    };
  }
}
