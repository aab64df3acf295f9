package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.List;

/**
 * What all queries of a head see of its keys in {@link Performer}: Σ φ(k)uᵀ and Σ φ(k). Keys are
 * added up span by span, on any thread, and spans one after the other in double precision.
 *
 * @param across the projection, {@code [D, F]}
 * @param ofHeads one for each of B·H
 */
record RoughTotals(Block across, List<Total> ofHeads) {

  /**
   * Of one head.
   *
   * @param memory Σ φ(k)uᵀ, {@code [F, 2D]}
   * @param mass Σ φ(k), {@code [1, F]}
   * @param strongest the key whose ω·k is greatest: what exponents are shifted by
   */
  record Total(Block memory, Block mass, Strongest strongest) {}

  /** A key with its greatest ω·k, and whose ω that is. */
  record Strongest(float projected, int position, int feature) {

    /** Of equals the first. */
    Strongest or(Strongest later) {
      return later.projected > projected ? later : this;
    }
  }

  static RoughTotals of(SeaRun run, KernelCall call) {
    SeaSize size = run.size();
    KeySpans spans = KeySpans.of(size);
    int heads = size.batch() * size.heads();
    Block across = new WeightReader(call, run.inputs()).across(run.weights().projection());
    Strongest[] strongest = new Strongest[heads * spans.count()];
    call.parallel(
        strongest.length,
        () -> new KeySums(run, call, across),
        (keys, task) ->
            strongest[task] = keys.strongest(task / spans.count(), spans, task % spans.count()));

    float[][] sums = new float[strongest.length][];
    call.parallel(
        strongest.length,
        () -> new KeySums(run, call, across),
        (keys, task) -> {
          int head = task / spans.count();
          sums[task] = call.floats(sumSize(size));
          float shift = strongestOf(strongest, head, spans).projected();
          keys.sum(head, spans, task % spans.count(), shift, sums[task]);
        });
    Total[] totals = new Total[heads];
    call.parallel(
        heads,
        head -> {
          float[] total = total(sums, head * spans.count(), (head + 1) * spans.count());
          totals[head] = total(size, total, strongestOf(strongest, head, spans));
        });
    return new RoughTotals(across, List.of(totals));
  }

  /** Numbers of Σ φ(k)uᵀ and Σ φ(k) together. */
  static int sumSize(SeaSize size) {
    return Math.multiplyExact(size.features(), 2 * size.headSize() + 1);
  }

  /** Two blocks in one array of {@link #sumSize}. */
  static Total total(SeaSize size, float[] numbers, Strongest strongest) {
    int features = size.features();
    int columns = 2 * size.headSize();
    return new Total(
        Block.of(numbers, features, columns),
        new Block(numbers, features * columns, 1, features, features, 1),
        strongest);
  }

  Total of(int head) {
    return ofHeads.get(head);
  }

  private static Strongest strongestOf(Strongest[] ofSpans, int head, KeySpans spans) {
    int first = head * spans.count();
    return Arrays.stream(ofSpans, first, first + spans.count()).reduce(Strongest::or).orElseThrow();
  }

  /** The sum of some arrays, in order, in the first of them. */
  static float[] total(float[][] sums, int from, int to) {
    float[] total = sums[from];
    for (int i = 0; i < total.length; i++) {
      double sum = 0;
      for (int span = from; span < to; span++) {
        sum += sums[span][i];
      }
      total[i] = (float) sum;
    }
    return total;
  }
}
