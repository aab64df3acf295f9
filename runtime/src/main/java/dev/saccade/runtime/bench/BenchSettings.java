package dev.saccade.runtime.bench;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.runtime.SaccadeException;
import java.util.List;
import java.util.Map;

/**
 * What to measure, and how much of it.
 *
 * @param mechanisms their names; empty for all that are installed
 * @param options texts by option name, by mechanism name
 * @param lengths T, ascending
 * @param heads H
 * @param headSize D
 * @param repetitions how often a time is measured, where that takes less than {@code patience}
 * @param patience seconds that one length of one mechanism may take, after its first run
 * @param limit seconds that a single run may take; what would take longer is left out
 * @param seed for parameters and random inputs
 * @param command as the user typed it, for the report
 */
public record BenchSettings(
    List<String> mechanisms,
    Map<String, Map<String, String>> options,
    List<Integer> lengths,
    List<Direction> directions,
    Masking masking,
    int heads,
    int headSize,
    int repetitions,
    double patience,
    double limit,
    long seed,
    String command) {

  /** Inputs of this length fit into a Java array. */
  private static final int LONGEST = 1 << 18;

  public BenchSettings {
    mechanisms = List.copyOf(mechanisms);
    options = Map.copyOf(options);
    lengths = lengths.stream().sorted().distinct().toList();
    directions = List.copyOf(directions);
    for (int length : lengths) {
      if (length < 1 || length > LONGEST) {
        throw new SaccadeException(
            "length must be within 1 … %,d but is %,d".formatted(LONGEST, length));
      }
    }
    requireAtLeastOne("heads", heads);
    requireAtLeastOne("head size", headSize);
    requireAtLeastOne("repetitions", repetitions);
    requirePositive("patience", patience);
    requirePositive("limit", limit);
    if (masking.padded()) {
      throw new SaccadeException("the mask must be none or causal, since nothing is padded here");
    }
  }

  /** A layer of the size of bert-base and opt-125m, causal, up to 32,768 positions. */
  public static BenchSettings defaults() {
    return new BenchSettings(
        List.of(),
        Map.of(),
        List.of(512, 1024, 2048, 4096, 8192, 16384, 32768),
        List.of(Direction.FORWARD),
        Masking.CAUSAL,
        12,
        64,
        5,
        2,
        10,
        42,
        "");
  }

  /** What one layer computes at a length, with room for some positions more. */
  AttentionSpec spec(int length, int more) {
    return AttentionSpec.multiHead(heads, headSize)
        .withMasking(masking)
        .withMaxPositions(length + more);
  }

  private static void requireAtLeastOne(String what, int value) {
    if (value < 1) {
      throw new SaccadeException("%s must be at least 1 but is %d".formatted(what, value));
    }
  }

  private static void requirePositive(String what, double seconds) {
    if (!(seconds > 0)) {
      throw new SaccadeException("%s must be above 0 seconds but is %s".formatted(what, seconds));
    }
  }
}
