package dev.saccade.runtime.attention;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The threads that kernels and decoding share out their work to: the caller's and those of Java's
 * common pool. Which thread does a task is chance, so results must not depend on it.
 */
final class HostThreads {

  private HostThreads() {}

  /**
   * Runs {@code body} for 0 … {@code tasks} − 1; see {@link #run(int, Supplier, ObjIntConsumer)}.
   */
  static void run(int tasks, IntConsumer body) {
    run(tasks, () -> body, IntConsumer::accept);
  }

  /**
   * As {@link #run(int, Supplier, ObjIntConsumer, Interruption)}, until the caller is interrupted.
   */
  static <W> void run(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    run(tasks, worker, body, new Interruption());
  }

  /**
   * Runs {@code body} for 0 … {@code tasks} − 1 and returns when all are done.
   *
   * @param worker gives every thread that takes part what it works with
   * @param interruption no task is begun after it
   * @throws SaccadeException if the calling thread is interrupted, which it stays
   */
  static <W> void run(
      int tasks, Supplier<W> worker, ObjIntConsumer<W> body, Interruption interruption) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    int threads = Math.min(tasks, Nd4jPlatform.start().threads());
    IntStream each = IntStream.range(0, threads);
    (threads > 1 ? each.parallel() : each)
        .forEach(
            thread -> {
              try {
                W own = worker.get();
                for (int task = next.getAndIncrement();
                    task < tasks && failure.get() == null && !interruption.isThere();
                    task = next.getAndIncrement()) {
                  body.accept(own, task);
                }
              } catch (RuntimeException | Error e) {
                // Thrown from here it would reach the caller, who then frees memory, while other
                // threads still compute in it.
                failure.compareAndSet(null, e);
              }
            });
    rethrow(failure.get());
    interruption.stop();
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
