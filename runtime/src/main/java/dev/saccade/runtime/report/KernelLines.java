package dev.saccade.runtime.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who computed, in words: a line for each kernel and reason, with the mechanisms it is true of. */
public final class KernelLines {

  private KernelLines() {}

  /**
   * Returns lines such as {@code "computed by plain (simd: no vectors here): flash, linear"}.
   *
   * @param uses of each mechanism; those without kernels of their own need not be in it
   */
  public static List<String> of(Map<String, List<KernelUse>> uses) {
    Map<String, List<String>> mechanisms = new LinkedHashMap<>();
    uses.forEach(
        (mechanism, own) -> {
          for (KernelUse use : own) {
            List<String> alike =
                mechanisms.computeIfAbsent(use.choice(), choice -> new ArrayList<>());
            String name =
                own.size() == 1 ? mechanism : "%s (%s)".formatted(mechanism, use.operation());
            alike.add(name);
          }
        });
    List<String> lines = new ArrayList<>();
    mechanisms.forEach(
        (choice, names) ->
            lines.add("computed by %s: %s".formatted(choice, String.join(", ", names))));
    return lines;
  }
}
