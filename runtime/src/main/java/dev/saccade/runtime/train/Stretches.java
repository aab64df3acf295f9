package dev.saccade.runtime.train;

import java.util.List;
import java.util.stream.IntStream;

/**
 * All parameters cut into stretches that threads share out among each other.
 *
 * <p>The cuts depend on the parameters' lengths alone, never on the number of threads, so sums over
 * stretches come out the same bit for bit whoever adds them.
 */
final class Stretches {

  /** Small enough for a core's cache, large enough to be worth a hand-over. */
  static final int LENGTH = 1 << 14;

  /** Below so many elements, another thread would wake up too late to help. */
  private static final long WORTH_THREADS = 1 << 17;

  private final int[] parameters;
  private final int[] starts;
  private final int[] ends;
  private final long elements;

  /** What to do with the elements from {@code start} to before {@code end} of a parameter. */
  @FunctionalInterface
  interface Work {
    void on(int stretch, int parameter, int start, int end);
  }

  Stretches(List<TrainedParameter> trained) {
    elements = trained.stream().mapToLong(TrainedParameter::length).sum();
    int count = trained.stream().mapToInt(parameter -> pieces(parameter.length())).sum();
    parameters = new int[count];
    starts = new int[count];
    ends = new int[count];
    int stretch = 0;
    for (int i = 0; i < trained.size(); i++) {
      int length = trained.get(i).length();
      for (int piece = 0; piece < pieces(length); piece++) {
        parameters[stretch] = i;
        starts[stretch] = piece * LENGTH;
        ends[stretch] = (int) Math.min(length, (piece + 1L) * LENGTH);
        stretch++;
      }
    }
  }

  private static int pieces(int length) {
    return (int) ((length + LENGTH - 1L) / LENGTH);
  }

  int count() {
    return parameters.length;
  }

  /** Returns the parameter that a stretch is of. */
  int parameter(int stretch) {
    return parameters[stretch];
  }

  /** Does the work on all of them, also when the thread is interrupted, and returns when done. */
  void forEach(Work work) {
    IntStream each = IntStream.range(0, count());
    (elements < WORTH_THREADS ? each : each.parallel())
        .forEach(i -> work.on(i, parameters[i], starts[i], ends[i]));
  }
}
