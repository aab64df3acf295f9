package dev.saccade.runtime.compare;

import dev.saccade.runtime.SaccadeException;
import java.util.List;
import java.util.Map;

/**
 * What to compare and how much of it to measure.
 *
 * @param teacher the exact mechanism that others are measured against
 * @param mechanisms their names; empty for all that are installed
 * @param options texts by option name, by mechanism name
 * @param sentence what the attention maps are drawn over; empty for one of the corpus
 * @param passages how many passages fidelity is measured on
 * @param passageTokens the tokens of one passage
 * @param modelLengths lengths at which the whole model is timed, ascending
 * @param layerLengths lengths at which a single attention layer is timed, ascending
 * @param repetitions how often a time is measured, where that takes less than {@link #patience}
 * @param patience seconds that one length of one mechanism may take, after its first run
 * @param seed for passages, new parameters and random inputs
 * @param command as the user typed it, for the report
 */
public record ComparisonSettings(
    String teacher,
    List<String> mechanisms,
    Map<String, Map<String, String>> options,
    String sentence,
    int passages,
    int passageTokens,
    List<Integer> modelLengths,
    List<Integer> layerLengths,
    int repetitions,
    double patience,
    long seed,
    String command) {

  /** Inputs of this length fit into a Java array for any encoder there is. */
  private static final int LONGEST_LAYER = 1 << 18;

  public ComparisonSettings {
    mechanisms = List.copyOf(mechanisms);
    options = Map.copyOf(options);
    modelLengths = ascending("model length", modelLengths);
    layerLengths = ascending("layer length", layerLengths);
    for (int length : layerLengths) {
      if (length > LONGEST_LAYER) {
        throw new SaccadeException(
            "layer length must be at most %,d but is %,d".formatted(LONGEST_LAYER, length));
      }
    }
    requireAtLeastOne("passages", passages);
    requireAtLeastOne("passage tokens", passageTokens);
    requireAtLeastOne("repetitions", repetitions);
    if (!(patience > 0)) {
      throw new SaccadeException("patience must be above 0 seconds but is " + patience);
    }
  }

  /** Eight passages, the model up to 512 tokens and a layer up to 4,096: under three minutes. */
  public static ComparisonSettings defaults() {
    return new ComparisonSettings(
        "softmax",
        List.of(),
        Map.of(),
        "",
        8,
        128,
        List.of(64, 128, 256, 512),
        List.of(128, 256, 512, 1024, 2048, 4096),
        5,
        1,
        42,
        "");
  }

  /** The defaults, but with no passage and no model length that a model does not take. */
  public static ComparisonSettings defaultsUpTo(int positions) {
    ComparisonSettings defaults = defaults();
    List<Integer> lengths =
        defaults.modelLengths().stream().filter(length -> length <= positions).toList();
    return new ComparisonSettings(
        defaults.teacher(),
        defaults.mechanisms(),
        defaults.options(),
        defaults.sentence(),
        defaults.passages(),
        Math.min(defaults.passageTokens(), positions),
        lengths.isEmpty() ? List.of(positions) : lengths,
        defaults.layerLengths(),
        defaults.repetitions(),
        defaults.patience(),
        defaults.seed(),
        defaults.command());
  }

  /** The options of one mechanism, by name; none if it keeps its defaults. */
  public Map<String, String> optionsOf(String mechanism) {
    return options.getOrDefault(mechanism, Map.of());
  }

  private static List<Integer> ascending(String what, List<Integer> lengths) {
    lengths.forEach(length -> requireAtLeastOne(what, length));
    return lengths.stream().sorted().distinct().toList();
  }

  private static void requireAtLeastOne(String what, int value) {
    if (value < 1) {
      throw new SaccadeException("%s must be at least 1 but is %d".formatted(what, value));
    }
  }
}
