package dev.saccade.it;

import dev.saccade.runtime.model.EncoderModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Threads that encode texts without pause, one text each, and check that every result is that of
 * one version. The first that is not, or that fails, is thrown by {@link #check}.
 */
final class Callers implements AutoCloseable {

  /** Of a component of a vector of length one: float32 through six layers, in any order of sums. */
  static final double TOLERANCE = 1e-6;

  private static final long PATIENCE_SECONDS = 30;

  /** One text, what each version makes of it, and how often each has. */
  private record Lane(
      String text, Map<String, float[]> byVersion, Map<String, AtomicLong> callsByVersion) {}

  private final EncoderModel model;
  private final List<Lane> lanes = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> work = new ArrayList<>();
  private final ReadWriteLock pause = new ReentrantReadWriteLock(true);
  private volatile boolean enough;

  /**
   * @param byText for each text, the sentence vector that each version gives
   */
  Callers(EncoderModel model, Map<String, Map<String, float[]>> byText) {
    this.model = model;
    byText.forEach(
        (text, byVersion) -> {
          Map<String, AtomicLong> calls = new ConcurrentHashMap<>();
          byVersion.keySet().forEach(version -> calls.put(version, new AtomicLong()));
          lanes.add(new Lane(text, byVersion, calls));
        });
  }

  void start() {
    for (Lane lane : lanes) {
      work.add(threads.submit(() -> encode(lane)));
    }
  }

  private void encode(Lane lane) {
    while (!enough) {
      pause.readLock().lock();
      try {
        float[] sentence = model.encode(lane.text()).sentence(0);
        calls(lane, versionOf(lane, sentence)).incrementAndGet();
      } finally {
        pause.readLock().unlock();
      }
    }
  }

  private static String versionOf(Lane lane, float[] sentence) {
    for (Map.Entry<String, float[]> version : lane.byVersion().entrySet()) {
      if (distance(sentence, version.getValue()) <= TOLERANCE) {
        return version.getKey();
      }
    }
    throw new AssertionError(
        "the result for \"%s\" is that of none of %s; distances: %s"
            .formatted(
                lane.text(),
                lane.byVersion().keySet(),
                lane.byVersion().values().stream().map(pure -> distance(sentence, pure)).toList()));
  }

  /** The greatest difference of a component; NaN if there is one. */
  static double distance(float[] a, float[] b) {
    double greatest = 0;
    for (int i = 0; i < a.length; i++) {
      greatest = Math.max(greatest, Math.abs((double) a[i] - b[i]));
    }
    return greatest;
  }

  private static AtomicLong calls(Lane lane, String version) {
    return Objects.requireNonNull(lane.callsByVersion().get(version));
  }

  /** Returns when every thread has had a result of this version from now on. */
  void awaitResultsOf(String version) throws InterruptedException, ExecutionException {
    List<Long> before = lanes.stream().map(lane -> calls(lane, version).get()).toList();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (int i = 0; i < lanes.size(); i++) {
      while (calls(lanes.get(i), version).get() == before.get(i)) {
        check();
        if (System.nanoTime() > deadline) {
          throw new AssertionError("no result of version " + version);
        }
        Thread.sleep(2);
      }
    }
  }

  /** The memory in use while no call is in flight. */
  MemoryLevel memoryWhilePaused() throws InterruptedException {
    pause.writeLock().lock();
    try {
      return MemoryLevel.now();
    } finally {
      pause.writeLock().unlock();
    }
  }

  /** Throws what a call threw. */
  void check() throws InterruptedException, ExecutionException {
    for (Future<?> each : work) {
      if (each.isDone()) {
        Object unused = each.get();
      }
    }
  }

  /** All calls of a version so far. */
  long callsOf(String version) {
    return lanes.stream().mapToLong(lane -> calls(lane, version).get()).sum();
  }

  /** Ends the threads, and throws what a call threw. */
  void finish() throws InterruptedException, ExecutionException {
    close();
    check();
  }

  @Override
  public void close() throws InterruptedException {
    enough = true;
    threads.shutdown();
    if (!threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("a call hangs");
    }
  }
}
