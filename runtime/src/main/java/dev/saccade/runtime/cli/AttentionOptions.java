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
import picocli.CommandLine.Option;

/** What goes into the attention slots of a language model, for every command that has one. */
final class AttentionOptions {

  /** Exact, and the fastest of those. */
  private static final String EXACT = "flash";

  @Option(
      names = "--attention",
      paramLabel = "NAME",
      split = ",",
      description =
          "The mechanism of every layer; several, with commas, where a command compares them."
              + " Default: what the model was saved with, else flash, which is exact.")
  private List<String> names = new ArrayList<>();

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
        names.isEmpty() ? AttentionChoices.of(model) : Optional.empty();
    return saved.isPresent() ? with(saved.get()) : choices(model.config().layers());
  }

  /** As above, for a new model of so many layers. */
  List<SlotChoice> choices(int layers) {
    if (names.size() > 1) {
      throw new SaccadeException(
          "a model has one mechanism at a time, but --attention names %d: %s"
              .formatted(names.size(), String.join(",", names)));
    }
    return with(Collections.nCopies(layers, new SlotChoice(named().get(0), Map.of())));
  }

  /**
   * The mechanisms that are to be compared, each once.
   *
   * @throws SaccadeException if an option is of another mechanism
   */
  List<SlotChoice> compared() {
    return with(named().stream().map(name -> new SlotChoice(name, Map.of())).toList());
  }

  private List<String> named() {
    return names.isEmpty() ? List.of(EXACT) : names.stream().distinct().toList();
  }

  private List<SlotChoice> with(List<SlotChoice> choices) {
    Map<String, Map<String, String>> given = MechanismOption.byMechanism(options);
    for (String mechanism : given.keySet()) {
      if (choices.stream().noneMatch(choice -> choice.mechanism().equals(mechanism))) {
        throw new SaccadeException(
            "there is an option for %s, but the attention is %s"
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
