package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainLogTest {

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void place() {
    file = directory.resolve("log.jsonl");
  }

  private static StepReport step(long step) {
    return new StepReport(step, 9, 0, 5.0 / step, Map.of("ü", 5.0 / step), 0.1, 2, 70, 0.5, 1000);
  }

  private static EvaluationReport evaluation(long step) {
    return new EvaluationReport(step, 6.0 / step, 30, true, 0.25);
  }

  private static TrainingState at(long step, long evaluatedAt) {
    return new TrainingState(step, evaluatedAt, null, 0, LossTrend.NONE);
  }

  private void writeFourSteps() {
    try (TrainLog log = TrainLog.open(file, TrainingState.START)) {
      log.step(step(1));
      log.step(step(2));
      log.evaluation(evaluation(2));
      log.step(step(3));
      log.step(step(4));
      log.evaluation(evaluation(4));
    }
  }

  @Test
  void a_line_says_what_a_step_did() throws Exception {
    writeFourSteps();

    JsonNode line = new JsonMapper().readTree(Files.readAllLines(file).get(1));

    assertThat(line.path("event").asText()).isEqualTo("step");
    assertThat(line.path("step").asInt()).isEqualTo(2);
    assertThat(line.path("loss").asDouble()).isEqualTo(2.5);
    assertThat(line.path("terms").path("ü").asDouble()).isEqualTo(2.5);
    assertThat(line.path("positionsPerSecond").asInt()).isEqualTo(140);
    assertThat(line.path("peakBytes").asInt()).isEqualTo(1000);
  }

  @Test
  void what_will_be_done_again_is_forgotten() {
    writeFourSteps();

    TrainLog.open(file, at(3, 2)).close();

    assertThat(steps()).containsExactly(1L, 2L, 3L);
    assertThat(evaluations()).containsExactly(2L);
  }

  @Test
  void an_evaluation_that_the_checkpoint_does_not_know_is_forgotten() {
    writeFourSteps();

    TrainLog.open(file, at(4, 2)).close();

    assertThat(steps()).containsExactly(1L, 2L, 3L, 4L);
    assertThat(evaluations()).containsExactly(2L);
  }

  @Test
  void half_a_line_is_cut_off_and_the_next_one_written_whole() throws IOException {
    writeFourSteps();
    byte[] half = "{\"event\":\"step\",\"step\":4,\"terms\":{\"ü".getBytes(StandardCharsets.UTF_8);
    Files.write(file, Arrays.copyOf(half, half.length - 1), StandardOpenOption.APPEND);

    try (TrainLog log = TrainLog.open(file, at(4, 4))) {
      log.step(step(5));
    }

    assertThat(steps()).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(Files.readAllLines(file)).hasSize(7);
  }

  @Test
  void a_new_run_begins_with_an_empty_log() {
    writeFourSteps();

    TrainLog.open(file, TrainingState.START).close();

    assertThat(file).isEmptyFile();
  }

  private List<Long> steps() {
    return TrainLog.read(file).training().stream().map(TrainLog.Point::step).toList();
  }

  private List<Long> evaluations() {
    return TrainLog.read(file).validation().stream().map(TrainLog.Point::step).toList();
  }
}
