package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.report.Timing;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class StopwatchTest {

  private static void sleep(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  /** A body that takes these times, one after the other. */
  private static Stopwatch sleeping(Integer... millis) {
    Deque<Integer> times = new ArrayDeque<>(List.of(millis));
    return new Stopwatch(
        128,
        () -> {
          sleep(times.remove());
          return 100L - times.size();
        });
  }

  @Test
  void median_and_half_the_distance_of_the_quartiles_are_told() {
    Stopwatch watch = sleeping(400, 20, 60, 40, 100, 80);
    watch.warmUp();

    Timing timing = watch.laps(5, 100).timing();

    assertThat(timing.length()).isEqualTo(128);
    assertThat(timing.status()).isEqualTo(Timing.Status.MEASURED);
    // Of 20, 40, 60, 80 and 100 ms; a busy machine makes times longer, never shorter.
    assertThat(timing.medianMillis()).isBetween(60.0, 100.0);
    assertThat(timing.spreadMillis()).isBetween(5.0, 60.0);
    assertThat(timing.peakBytes()).isEqualTo(100);
  }

  @Test
  void quartiles_lie_between_measurements() {
    Stopwatch watch = sleeping(0, 100, 200);
    watch.warmUp();

    Timing timing = watch.laps(2, 100).timing();

    assertThat(timing.medianMillis()).isBetween(150.0, 199.0);
    assertThat(timing.spreadMillis()).isBetween(20.0, 50.0);
  }

  @Test
  void patience_ends_the_laps_but_one_is_always_run() {
    Stopwatch watch = sleeping(0, 30, 30, 30);
    watch.warmUp();

    Timing timing = watch.laps(3, 1e-9).timing();

    assertThat(timing.peakBytes()).as("runs left: 2").isEqualTo(98);
    assertThat(timing.spreadMillis()).isZero();
  }

  @Test
  void the_first_run_costs_no_patience() {
    Stopwatch watch = sleeping(200, 1, 1);
    watch.warmUp();

    assertThat(watch.laps(2, 0.15).timing().peakBytes()).isEqualTo(100);
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
