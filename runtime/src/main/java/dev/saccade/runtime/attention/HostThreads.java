package dev.saccade.runtime.attention;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

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
   * Runs {@code body} for 0 … {@code tasks} − 1 and returns when all are done.
   *
   * @param worker gives every thread that takes part what it works with
   * @throws SaccadeException if the calling thread is interrupted; no task is begun after that, and
   *     the thread stays interrupted
   */
  static <W> void run(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    Thread caller = Thread.currentThread();
    AtomicInteger next = new AtomicInteger();
    int threads = Math.min(tasks, Nd4jPlatform.start().threads());
    IntStream each = IntStream.range(0, threads);
    (threads > 1 ? each.parallel() : each)
        .forEach(
            thread -> {
              W own = worker.get();
              for (int task = next.getAndIncrement();
                  task < tasks && !caller.isInterrupted();
                  task = next.getAndIncrement()) {
                body.accept(own, task);
              }
            });
    if (caller.isInterrupted()) {
      throw new SaccadeException("the computation was interrupted");
    }
  }
}
