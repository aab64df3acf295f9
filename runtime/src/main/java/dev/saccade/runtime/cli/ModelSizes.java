package dev.saccade.runtime.cli;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.SpecialTokens;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.weights.OptConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The sizes of a causal language model that is trained from scratch. */
final class ModelSizes {

  private static final int LAYERS = 4;
  private static final int HIDDEN = 128;
  private static final int HEADS = 4;
  private static final int CONTEXT = 256;

  /** As in most transformers, how much wider the feed-forward block is. */
  private static final int FFN_FACTOR = 4;

  @Option(names = "--layers", paramLabel = "N", description = "Transformer layers. Default: 4.")
  private @Nullable Integer layers;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      description = "Features of a position. Default: 128.")
  private @Nullable Integer hidden;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads of a layer, which divide --hidden. Default: 4.")
  private @Nullable Integer heads;

  @Option(
      names = "--ffn",
      paramLabel = "N",
      description = "Features inside the feed-forward block. Default: 4 times --hidden.")
  private @Nullable Integer feedForward;

  @Option(
      names = "--context",
      paramLabel = "TOKENS",
      description =
          "Tokens that the model sees at once. Default: 256; with --from, all that it can see.")
  private @Nullable Integer context;

  /** The tokens of a block from which such a model learns. */
  int context() {
    return context == null ? CONTEXT : context;
  }

  /** The tokens of a block from which a model learns that has sizes already. */
  int contextWithin(OptConfig config) {
    int most = config.maximumPositions();
    if (context != null && context > most) {
      throw new SaccadeException(
          "--context must be at most %d, the positions of the model, but is %d"
              .formatted(most, context));
    }
    return context == null ? most : context;
  }

  /**
   * Returns the model of these sizes for a tokenizer.
   *
   * @throws SaccadeException when the sizes make no model
   */
  OptConfig config(Tokenizer tokenizer) {
    int size = or(hidden, HIDDEN);
    OptConfig config =
        OptConfig.of(
            tokenizer.vocabularySize(),
            size,
            or(layers, LAYERS),
            or(heads, HEADS),
            or(feedForward, FFN_FACTOR * size),
            context());
    SpecialTokens special = tokenizer.specialTokens();
    int end =
        special
            .end()
            .orElseThrow(
                () ->
                    new SaccadeException(
                        "the tokenizer must have a token that ends a text, to go between documents; name it as eos_token in tokenizer_config.json"));
    // A text begins with what parts it from the one before.
    return config.withTokens(special.padding().orElse(end), end, end);
  }

  private static int or(@Nullable Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }

  /**
   * @throws SaccadeException when sizes are given that a pretrained model has already
   */
  void requireNone() {
    List<String> given = new ArrayList<>();
    if (layers != null) {
      given.add("--layers");
    }
    if (hidden != null) {
      given.add("--hidden");
    }
    if (heads != null) {
      given.add("--heads");
    }
    if (feedForward != null) {
      given.add("--ffn");
    }
    if (!given.isEmpty()) {
      throw new SaccadeException(
          "with --from the model has its sizes already; leave out %s"
              .formatted(String.join(", ", given)));
    }
  }
}
