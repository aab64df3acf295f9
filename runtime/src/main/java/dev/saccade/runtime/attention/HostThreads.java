package dev.saccade.runtime.attention;

import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** The threads that plugins compute on; those of the JVM's common pool, and the caller's. */
final class HostThreads {

  private HostThreads() {}

  /** Runs {@code body} for 0 … {@code tasks} − 1 and returns when all are done. */
  static void run(int tasks, IntConsumer body) {
    IntStream each = IntStream.range(0, tasks);
    (tasks > 1 && Nd4jPlatform.start().threads() > 1 ? each.parallel() : each).forEach(body);
  }
}
