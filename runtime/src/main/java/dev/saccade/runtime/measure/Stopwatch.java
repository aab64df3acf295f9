package dev.saccade.runtime.measure;

import dev.saccade.runtime.engine.MemoryExhausted;
import dev.saccade.runtime.report.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Times of one thing at one length. The first run builds and warms and is not counted; then it runs
 * as often as asked for, or until the patience is spent, whichever comes first, but at least once.
 */
public final class Stopwatch {

  private final int length;
  private final LongSupplier body;
  private final LongSupplier clock;
  private final List<Double> millis = new ArrayList<>();
  private double spentSeconds;
  private long peakBytes;
  private String exhausted = "";

  /**
   * @param body runs once and returns the peak bytes of that run
   */
  public Stopwatch(int length, LongSupplier body) {
    this(length, body, System::nanoTime);
  }

  /**
   * @param clock tells nanoseconds from some moment on
   */
  Stopwatch(int length, LongSupplier body, LongSupplier clock) {
    this.length = length;
    this.body = body;
    this.clock = clock;
  }

  /** Runs once without counting it. */
  public void warmUp() {
    int counted = millis.size();
    double spent = spentSeconds;
    attempt();
    millis.subList(counted, millis.size()).clear();
    spentSeconds = spent;
  }

  /** Runs once more unless enough is known. */
  public void lap(int repetitions, double patienceSeconds) {
    boolean enough =
        millis.size() >= repetitions || (spentSeconds > patienceSeconds && !millis.isEmpty());
    if (!enough && exhausted.isEmpty()) {
      attempt();
    }
  }

  /** Runs until enough is known. */
  public Stopwatch laps(int repetitions, double patienceSeconds) {
    for (int i = 0; i < repetitions; i++) {
      lap(repetitions, patienceSeconds);
    }
    return this;
  }

  private void attempt() {
    long start = clock.getAsLong();
    try {
      peakBytes = Math.max(peakBytes, body.getAsLong());
    } catch (MemoryExhausted e) {
      exhausted = String.valueOf(e.getMessage());
      return;
    }
    double seconds = (clock.getAsLong() - start) / 1e9;
    spentSeconds += seconds;
    millis.add(seconds * 1e3);
  }

  /** The median, half the distance between the quartiles, and the greatest peak. */
  public Timing timing() {
    if (!exhausted.isEmpty()) {
      return Timing.outOfMemory(length, exhausted);
    }
    List<Double> sorted = millis.stream().sorted().toList();
    double spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2;
    return Timing.measured(length, quantile(sorted, 0.5), spread, peakBytes);
  }

  private static double quantile(List<Double> sorted, double q) {
    double place = q * (sorted.size() - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.size() - 1);
    return sorted.get(below) + (place - below) * (sorted.get(above) - sorted.get(below));
  }
}
