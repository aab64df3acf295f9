package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which causal language model, with which attention, for every command that needs one. */
final class LanguageModelOptions {

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = "opt-sotu",
      description =
          "opt-sotu, which learned from the State of the Union addresses, or a Hugging Face"
              + " directory of the OPT family: config.json, model.safetensors, tokenizer.json."
              + " Default: ${DEFAULT-VALUE}.")
  private String model;

  @Mixin private AttentionOptions attention;

  /** What is in its attention slots. */
  AttentionOptions attention() {
    return attention;
  }

  /**
   * Opens the model.
   *
   * @throws SaccadeException if there is no such model or mechanism, or one refuses the other
   */
  CausalModel open(Saccade saccade) {
    return saccade.causalModel(model, attention::choices);
  }

  /**
   * Reads the tokenizer that lies beside the weights of {@code model}.
   *
   * @throws SaccadeException if there is none, or it is damaged
   */
  static Tokenizer tokenizer(CausalModel model) {
    return TokenizerFile.read(model.pretrained().source().resolve(TokenizerFile.NAME));
  }
}
