package dev.saccade.runtime.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.report.Timing;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class StopwatchTest {

  private long now;

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  /** A body that takes these times, one after the other; its peak is the number of runs so far. */
  private Stopwatch taking(Integer... millis) {
    Deque<Integer> times = new ArrayDeque<>(List.of(millis));
    return new Stopwatch(
        128,
        () -> {
          now += TimeUnit.MILLISECONDS.toNanos(times.remove());
          return millis.length - (long) times.size();
        },
        () -> now);
  }

  @Test
  void median_and_half_the_distance_of_the_quartiles_are_told() {
    Stopwatch watch = taking(400, 20, 60, 41, 100, 81);
    watch.warmUp();

    Timing timing = watch.laps(5, 100).timing();

    assertThat(timing).isEqualTo(Timing.measured(128, 60, 20, 6L));
  }

  @Test
  void quartiles_lie_between_measurements() {
    Stopwatch watch = taking(0, 100, 200);
    watch.warmUp();

    Timing timing = watch.laps(2, 100).timing();

    assertThat(timing).isEqualTo(Timing.measured(128, 150, 25, 3L));
  }

  @Test
  void patience_ends_the_laps_but_one_is_always_run() {
    Stopwatch watch = taking(0, 30, 30, 30);
    watch.warmUp();

    Timing timing = watch.laps(3, 0.029).timing();

    assertThat(timing).isEqualTo(Timing.measured(128, 30, 0, 2L));
  }

  @Test
  void the_first_run_costs_no_patience() {
    Stopwatch watch = taking(200, 10, 30);
    watch.warmUp();

    Timing timing = watch.laps(2, 0.15).timing();

    assertThat(timing).isEqualTo(Timing.measured(128, 20, 5, 3L));
  }

  @Test
  void real_time_is_measured_unless_told_otherwise() {
    Stopwatch watch =
        new Stopwatch(
            128,
            () -> {
              long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20);
              while (System.nanoTime() < end) {
                Thread.onSpinWait();
              }
              return 0;
            });

    assertThat(watch.laps(1, 1).timing().medianMillis()).isGreaterThanOrEqualTo(20);
  }

  @Test
  void a_length_for_which_memory_does_not_suffice_is_told_as_such() {
    SameDiff graph = SameDiff.create();
    SDVariable column = graph.constant(Nd4j.ones(DataType.FLOAT, 1 << 23, 1));
    column.mmul(graph.transpose(column)).rename("square");
    int[] runs = {0};
    try (GraphRunner runner = new GraphRunner(graph)) {
      Stopwatch watch =
          new Stopwatch(
              1 << 23,
              () -> {
                runs[0]++;
                runner.run(Map.of(), "square").close();
                return runner.peakBytes();
              });
      watch.warmUp();

      Timing timing = watch.laps(3, 10).timing();

      assertThat(timing.status()).isEqualTo(Timing.Status.OUT_OF_MEMORY);
      assertThat(timing.reason()).startsWith("native memory is exhausted");
      assertThat(runs[0]).isEqualTo(1);
    }
  }

  @Test
  void any_other_failure_is_the_callers() {
    Stopwatch watch =
        new Stopwatch(
            128,
            () -> {
              throw new IllegalStateException("broken on purpose");
            });

    assertThatThrownBy(watch::warmUp).hasMessage("broken on purpose");
  }
}
