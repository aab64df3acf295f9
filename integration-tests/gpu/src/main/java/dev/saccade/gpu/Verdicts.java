package dev.saccade.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What was right and what was wrong, as a part of the page. */
final class Verdicts {

  private Verdicts() {}

  static void describe(Results results, Consumer<String> line) {
    correctness(results, line);
    sanitizer(results, line);
  }

  private static void correctness(Results results, Consumer<String> line) {
    line.accept("");
    line.accept("## Correctness");
    line.accept("");
    line.accept(
        "Against double precision on fresh random numbers (seed %d). An error of 1 would be all that is allowed."
            .formatted(results.section("machine").path("seed").asLong()));
    line.accept("");
    line.accept("| program, type | kernels | cases | right | worst error | refused |");
    line.accept("|---|---|---|---|---|---|");
    Map<String, int[]> counts = new LinkedHashMap<>(); // cases, right, refused
    Map<String, Double> worst = new LinkedHashMap<>();
    List<String> wrong = new ArrayList<>();
    results
        .section(Correctness.SECTION)
        .properties()
        .forEach(
            field -> {
              String[] parts = field.getKey().split("/", -1);
              String row = "%s, %s | %s".formatted(parts[0], parts[1], parts[parts.length - 1]);
              int[] count = counts.computeIfAbsent(row, any -> new int[3]);
              JsonNode entry = field.getValue();
              if (entry.has("refused")) {
                count[2]++;
                return;
              }
              count[0]++;
              if (entry.path("right").asBoolean()) {
                count[1]++;
              } else {
                wrong.add(field.getKey() + ": " + whatIsWrong(entry));
              }
              entry
                  .path("findings")
                  .forEach(
                      each -> worst.merge(row, each.path("share").asDouble(Double.NaN), Math::max));
            });
    counts.forEach(
        (row, count) ->
            line.accept(
                "| %s | %d | %d | %.2g | %d |"
                    .formatted(
                        row, count[0], count[1], worst.getOrDefault(row, Double.NaN), count[2])));
    wrong.forEach(each -> line.accept("\n**WRONG** " + each));
  }

  private static String whatIsWrong(JsonNode entry) {
    if (entry.has("failure")) {
      return entry.path("failure").asText();
    }
    List<String> tensors = new ArrayList<>();
    entry
        .path("findings")
        .forEach(
            each -> {
              if (!(each.path("share").asDouble(Double.NaN) <= 1)) {
                tensors.add(
                    "%s errs %.3g times what is allowed"
                        .formatted(
                            each.path("tensor").asText(), each.path("share").asDouble(Double.NaN)));
              }
            });
    return String.join("; ", tensors);
  }

  private static void sanitizer(Results results, Consumer<String> line) {
    results
        .section(Sanitizer.SECTION)
        .properties()
        .forEach(
            field ->
                line.accept(
                    "\ncompute-sanitizer, %s: %s"
                        .formatted(field.getKey(), field.getValue().path("outcome").asText())));
  }
}
