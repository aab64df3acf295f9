package dev.saccade.runtime.cli;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.AttentionChoices;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What goes into the attention slots of a language model, for every command that has one. */
final class AttentionOptions {

  /** Exact, and the fastest of those. */
  private static final String EXACT = "flash";

  @Option(
      names = "--attention",
      paramLabel = "NAME",
      description =
          "The mechanism of every layer. Default: those that the model was saved with, else flash,"
              + " which is exact.")
  private @Nullable String attention;

  @Option(
      names = {"--option", "--set"},
      paramLabel = MechanismOption.FORM,
      converter = MechanismOption.Reader.class,
      description =
          "Set an option of the mechanism, such as sea.k=16; may be given several times. For what"
              + " there is, see: saccade mechanisms NAME.")
  private List<MechanismOption> options = new ArrayList<>();

  /**
   * For a model that was saved.
   *
   * @throws SaccadeException if an option is of a mechanism that no layer has
   */
  List<SlotChoice> choices(PretrainedDecoder model) {
    Optional<List<SlotChoice>> saved =
        attention == null ? AttentionChoices.of(model) : Optional.empty();
    return saved.isPresent() ? with(saved.get()) : choices(model.config().layers());
  }

  /** As above, for a new model of so many layers. */
  List<SlotChoice> choices(int layers) {
    String mechanism = attention == null ? EXACT : attention;
    return with(Collections.nCopies(layers, new SlotChoice(mechanism, Map.of())));
  }

  private List<SlotChoice> with(List<SlotChoice> choices) {
    Map<String, Map<String, String>> given = MechanismOption.byMechanism(options);
    for (String mechanism : given.keySet()) {
      if (choices.stream().noneMatch(choice -> choice.mechanism().equals(mechanism))) {
        throw new SaccadeException(
            "there is an option for %s, but the model's attention is %s"
                .formatted(
                    mechanism,
                    String.join(
                        ", ", choices.stream().map(SlotChoice::mechanism).distinct().toList())));
      }
    }
    return choices.stream().map(choice -> with(choice, given)).toList();
  }

  private static SlotChoice with(SlotChoice choice, Map<String, Map<String, String>> given) {
    Map<String, String> all = new LinkedHashMap<>(choice.options());
    all.putAll(given.getOrDefault(choice.mechanism(), Map.of()));
    return new SlotChoice(choice.mechanism(), all);
  }
}
