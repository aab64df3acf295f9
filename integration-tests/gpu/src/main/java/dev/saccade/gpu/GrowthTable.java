package dev.saccade.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** How times grow and where they cross, as a part of the page. */
final class GrowthTable {

  private GrowthTable() {}

  static void describe(Results results, Plan plan, Consumer<String> line) {
    ObjectNode summary = results.section(Report.SUMMARY);
    if (summary.isEmpty()) {
      return;
    }
    line.accept("");
    line.accept("## Growth and crossings");
    line.accept("");
    line.accept(
        "Time grows like T to the power of, from T = %,d on (least squares of logarithms); faster than a rival from the given T on, at all longer T that both were timed at."
            .formatted(plan.growsFrom()));
    line.accept("");
    line.accept("| what | exponent | faster from |");
    line.accept("|---|---|---|");
    summary
        .properties()
        .forEach(
            field -> {
              List<String> crossings = new ArrayList<>();
              field
                  .getValue()
                  .path("fasterFrom")
                  .properties()
                  .forEach(each -> crossings.add(each.getKey() + ": " + each.getValue().asText()));
              JsonNode exponent = field.getValue().path("exponent");
              line.accept(
                  "| %s | %s | %s |"
                      .formatted(
                          field.getKey(),
                          exponent.isNumber() ? "%.3f".formatted(exponent.asDouble()) : "",
                          String.join("; ", crossings)));
            });
  }
}
