package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.evaluate.Interval;
import dev.saccade.runtime.evaluate.ReportFile;
import dev.saccade.runtime.report.KernelUse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskTableTest {

  private static final TaskSettings SETTINGS =
      new TaskSettings(1500, 32, 3e-3, 64, 2, 1, 101, 200, 7);

  private static TaskReport report() {
    TaskData data = TaskData.of(new AssociativeRecall(64, 32, 8), 32, 101, 7);
    TaskResult exact =
        new TaskResult(
            "flash",
            Map.of(),
            106_368,
            0,
            1147,
            true,
            0.005,
            808,
            0.9987,
            new Interval(0.9962, 1),
            0.99,
            61.3,
            List.of(new KernelUse("flash", "simd", List.of())));
    return TaskReport.of(
        "saccade eval --task mqar",
        data,
        SETTINGS,
        List.of(exact),
        Map.of("sinkhorn", "the length must be a multiple of 64"));
  }

  @Test
  void shows_what_was_measured_beside_guesses_and_what_was_published() {
    String table = TaskTable.render(report());

    assertThat(table)
        .contains("mqar (vocabulary 64, length 32, pairs 8): 2 layers, hidden 64, heads 1")
        .containsPattern(
            "flash +99\\.9 % +99\\.6 … 100\\.0 +99\\.0 % +808 +1,147 ✓ +106,368 +61\\.3 s\\R")
        .contains("sinkhorn: the length must be a multiple of 64")
        .contains("guessing any of the 8 values in the sequence is right 12.5 % of the time")
        .contains("computed by simd: flash")
        .contains("Arora et al., Zoology, 2023");
    assertThat(table.lines()).noneMatch(line -> line.endsWith(" "));
  }

  @Test
  void the_file_holds_what_is_needed_to_measure_again(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("made/mqar.json");

    ReportFile.write(file, report());

    JsonNode json = new ObjectMapper().readTree(file.toFile());
    assertThat(json.at("/task").asText()).isEqualTo("mqar");
    assertThat(json.at("/command").asText()).isEqualTo("saccade eval --task mqar");
    assertThat(json.at("/draws/pairs").asInt()).isEqualTo(8);
    assertThat(json.at("/settings/seed").asLong()).isEqualTo(7);
    assertThat(json.at("/results/0/accuracy").asDouble()).isEqualTo(0.9987);
    assertThat(json.at("/guess/chance").asDouble()).isEqualTo(0.125);
    assertThat(json.at("/published/0/source").asText()).contains("Zoology");
    assertThat(json.at("/environment/java").asText()).isNotEmpty();
  }
}
