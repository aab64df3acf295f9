package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which causal language model, with which attention, for every command that needs one. */
final class LanguageModelOptions {

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description =
          "A Hugging Face directory of the OPT family: config.json, model.safetensors,"
              + " tokenizer.json.")
  private Path directory;

  @Option(
      names = "--attention",
      paramLabel = "NAME",
      defaultValue = "softmax",
      description = "The mechanism in every attention slot. Default: ${DEFAULT-VALUE}.")
  private String attention;

  @Option(
      names = "--option",
      paramLabel = MechanismOption.FORM,
      converter = MechanismOption.Reader.class,
      description =
          "Set an option of the mechanism, such as sea.k=16; may be given several times. For what"
              + " there is, see: saccade mechanisms NAME.")
  private List<MechanismOption> options = new ArrayList<>();

  /**
   * Opens the model.
   *
   * @throws dev.saccade.runtime.SaccadeException if there is no such model or mechanism, or one
   *     refuses the other
   */
  CausalModel open(Saccade saccade) {
    Map<String, Map<String, String>> given =
        MechanismOption.byMechanism(options, List.of(attention));
    return saccade.causalModel(directory, attention, given.getOrDefault(attention, Map.of()));
  }

  /**
   * Reads the tokenizer that lies beside the weights.
   *
   * @throws dev.saccade.runtime.SaccadeException if there is none, or it is damaged
   */
  Tokenizer tokenizer() {
    return TokenizerFile.read(directory.resolve("tokenizer.json"));
  }

  /** The mechanism's name. */
  String attention() {
    return attention;
  }
}
