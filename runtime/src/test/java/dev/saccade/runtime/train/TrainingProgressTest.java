package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {

  private static final long SECOND = 1_000_000_000L;

  private final List<String> told = new ArrayList<>();
  private long now;
  private final TrainingProgress progress =
      new TrainingProgress(
          (what, done, steps) -> told.add("%d/%d %s".formatted(done, steps, what)), () -> now);

  private static StepReport step(long step) {
    return new StepReport(step, 1000, 0, 3.14159, Map.of(), 0.1, 2, 5000, 2, 3 << 20);
  }

  @Test
  void a_step_is_told_with_loss_speed_memory_and_time_left() {
    progress.begun(Path.of("run"), 0, 1000);
    now = 10 * SECOND;

    progress.stepped(step(100));

    assertThat(told).containsExactly("100/1000 loss 3.1416, 2,500 tokens/s, 3.00 MiB, 2 min left");
  }

  @Test
  void the_time_left_counts_from_where_the_run_was_resumed() {
    progress.begun(Path.of("run"), 900, 1000);
    now = 10 * SECOND;

    progress.stepped(step(910));

    assertThat(told.get(0)).endsWith(", 2 min left");
  }

  @Test
  void the_last_evaluation_stays_in_sight() {
    progress.begun(Path.of("run"), 0, 1000);
    progress.evaluated(new EvaluationReport(3, 2.71828, 10, true, 1));
    now = SECOND;

    progress.stepped(step(1));

    assertThat(told.get(0)).startsWith("1/1000 loss 3.1416, validation 2.7183, ");
    assertThat(told.get(0)).endsWith(", 17 min left");
  }
}
