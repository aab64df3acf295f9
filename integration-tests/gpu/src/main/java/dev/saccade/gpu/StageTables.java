package dev.saccade.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** SEA's kernels one by one, as a part of the page. */
final class StageTables {

  private final Results results;
  private final MeasuredCeilings ceilings;
  private final Consumer<String> line;

  private StageTables(Results results, Consumer<String> line) {
    this.results = results;
    this.ceilings = MeasuredCeilings.of(results);
    this.line = line;
  }

  static void describe(Results results, Consumer<String> line) {
    new StageTables(results, line).describe();
  }

  private void describe() {
    ObjectNode stages = results.section(Timings.STAGES);
    if (stages.isEmpty()) {
      return;
    }
    line.accept("");
    line.accept("## SEA's kernels one by one: milliseconds");
    stages
        .properties()
        .forEach(
            field -> {
              if (!field.getKey().startsWith("sea")) {
                return; // they are in the numbers
              }
              line.accept("");
              line.accept(
                  "| %s | ms | part | floor of stage / time of stage |".formatted(field.getKey()));
              line.accept("|---|---|---|---|");
              kernels(field.getKey(), field.getValue());
            });
  }

  private void kernels(String key, JsonNode millis) {
    Map<String, Double> ofStages = new LinkedHashMap<>();
    double all = 0;
    for (var field : millis.properties()) {
      all += field.getValue().asDouble();
      ofStages.merge(SeaKernels.stageOf(field.getKey()), field.getValue().asDouble(), Double::sum);
    }
    JsonNode floors = results.section(Timings.SECTION).path(key).path("floors");
    for (var field : millis.properties()) {
      String stage = SeaKernels.stageOf(field.getKey());
      double taken = ofStages.getOrDefault(stage, Double.NaN);
      line.accept(
          "| %s | %.4g | %.1f %% | %s |"
              .formatted(
                  field.getKey(),
                  field.getValue().asDouble(),
                  100 * field.getValue().asDouble() / all,
                  share(stage, taken, floors)));
    }
  }

  private String share(String stage, double taken, JsonNode floors) {
    for (JsonNode floor : floors) {
      if (floor.path("stage").asText().equals(stage) && ceilings.known()) {
        double least = ceilings.millis(List.of(floor), ceilings.fma());
        return "%s %.1f %%".formatted(stage, 100 * least / taken);
      }
    }
    return "";
  }
}
