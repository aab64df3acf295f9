package dev.saccade.runtime.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.measure.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code trainer.json} of a checkpoint: how far the run had come, and what it is a run of.
 *
 * @param state how far it had come
 * @param epoch of the next batch
 * @param batch the next batch's place in its epoch
 * @param course what decides the parameters' values, by name; the same for a whole run
 * @param environment what may change from process to process, though the last bits may then, too
 */
record TrainerFile(
    TrainingState state,
    int epoch,
    int batch,
    Map<String, String> course,
    Map<String, String> environment) {

  static final String NAME = "trainer.json";

  /** Raised when the file's form changes. */
  private static final int FORMAT = 1;

  private static final JsonMapper JSON = new JsonMapper();

  /** Returns what this process computes with. */
  static Map<String, String> currentEnvironment() {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("saccade", Machine.saccadeVersion());
    environment.put("java", Runtime.version().toString());
    environment.put("nd4j", Nd4jPlatform.version());
    environment.put("threads", String.valueOf(Nd4jPlatform.start().threads()));
    return environment;
  }

  void write(Path checkpoint) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("format", FORMAT);
    root.put("step", state.step()).put("epoch", epoch).put("batch", batch);
    root.put("evaluatedAt", state.evaluatedAt());
    root.put("best", state.best()).put("bestStep", state.bestStep());
    root.putObject("trend")
        .put("sum", state.trend().sum())
        .put("weight", state.trend().weight())
        .put("lowest", state.trend().lowest())
        .put("first", state.trend().first());
    root.set("course", JSON.valueToTree(course));
    root.set("environment", JSON.valueToTree(environment));
    byte[] bytes = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    AtomicFile.write(checkpoint.resolve(NAME), out -> out.write(bytes));
  }

  static TrainerFile read(Path checkpoint) {
    JsonSection root = JsonSection.read(checkpoint.resolve(NAME));
    if (root.number("format") != FORMAT) {
      throw root.unsupported("format", String.valueOf(FORMAT));
    }
    JsonSection trend = root.section("trend");
    TrainingState state =
        new TrainingState(
            root.number("step"),
            root.number("evaluatedAt"),
            optional(root, "best"),
            root.number("bestStep"),
            new LossTrend(
                trend.real("sum"),
                trend.real("weight"),
                optional(trend, "lowest"),
                optional(trend, "first")));
    return new TrainerFile(
        state,
        root.number("epoch"),
        root.number("batch"),
        texts(root.section("course")),
        texts(root.section("environment")));
  }

  private static @Nullable Double optional(JsonSection section, String field) {
    return section.has(field) ? section.real(field) : null;
  }

  private static Map<String, String> texts(JsonSection section) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : section.node().properties()) {
      texts.put(field.getKey(), section.text(field.getKey()));
    }
    return texts;
  }

  /**
   * Refuses to go on with other settings, data or parameters.
   *
   * @throws SaccadeException which names all that differ
   */
  void requireCourse(Map<String, String> now, Path checkpoint) {
    List<String> differences = differences(course, now);
    if (!differences.isEmpty()) {
      throw new SaccadeException(
          "%s cannot be resumed with other settings: %s; resume with the same, or begin in another directory"
              .formatted(checkpoint, String.join(", ", differences)));
    }
  }

  /** Returns what is computed with now, and was not then. */
  List<String> environmentDifferences(Map<String, String> now) {
    return differences(environment, now);
  }

  private static List<String> differences(Map<String, String> then, Map<String, String> now) {
    Set<String> names = new TreeSet<>(then.keySet());
    names.addAll(now.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String before = then.getOrDefault(name, "none");
      String after = now.getOrDefault(name, "none");
      if (!before.equals(after)) {
        differences.add("%s was %s and is %s".formatted(name, before, after));
      }
    }
    return differences;
  }
}
