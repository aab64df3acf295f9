package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HostThreadsTest {

  private static final int TASKS = 1009;

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @Test
  void every_task_runs_once_and_no_more_workers_than_threads_are_made() {
    AtomicIntegerArray runs = new AtomicIntegerArray(TASKS);
    AtomicInteger workers = new AtomicInteger();

    HostThreads.run(TASKS, workers::incrementAndGet, (worker, task) -> runs.incrementAndGet(task));

    for (int task = 0; task < TASKS; task++) {
      assertThat(runs.get(task)).isOne();
    }
    assertThat(workers.get()).isBetween(1, Nd4jPlatform.start().threads());
  }

  @Test
  void no_tasks_are_no_work() {
    HostThreads.run(
        0,
        task -> {
          throw new AssertionError("was not to run");
        });
  }

  @Test
  void what_a_task_throws_reaches_the_caller() {
    assertThatThrownBy(
            () ->
                HostThreads.run(
                    TASKS,
                    task -> {
                      if (task == 7) {
                        throw new IllegalStateException("broken on purpose");
                      }
                    }))
        .hasStackTraceContaining("broken on purpose");
  }

  @Test
  void nothing_runs_any_more_when_a_failure_reaches_the_caller() {
    for (int attempt = 0; attempt < 20; attempt++) {
      AtomicInteger running = new AtomicInteger();

      assertThatThrownBy(
              () ->
                  HostThreads.run(
                      TASKS,
                      task -> {
                        running.incrementAndGet();
                        try {
                          if (task == 0) {
                            throw new IllegalStateException("broken on purpose");
                          }
                          LockSupport.parkNanos(5_000_000);
                        } finally {
                          running.decrementAndGet();
                        }
                      }))
          .hasMessage("broken on purpose");
      assertThat(running).hasValue(0);
    }
  }

  @Test
  void after_an_interruption_no_task_begins() {
    Thread caller = Thread.currentThread();
    AtomicInteger runs = new AtomicInteger();
    try {
      assertThatThrownBy(
              () ->
                  HostThreads.run(
                      TASKS,
                      task -> {
                        runs.incrementAndGet();
                        caller.interrupt();
                      }))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("the computation was interrupted");
      assertThat(runs.get()).isLessThanOrEqualTo(Nd4jPlatform.start().threads());
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
