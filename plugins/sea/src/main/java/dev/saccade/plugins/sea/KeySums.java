package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/** Reads the keys of a span, block by block, and adds them up. To use by one thread. */
final class KeySums {

  /** Positions at once. */
  static final int BLOCK = 32;

  private final BlockMath math;
  private final SeaSize size;
  private final Sight sight;
  private final BetweenEnds places;
  private final Tensor key;
  private final Tensor value;
  private final RoughFeatures features;
  private final float[] placed; // [positions, 2D]
  private final float[] values; // [positions, D]
  private int loaded;

  KeySums(SeaRun run, KernelCall call, Block across) {
    this.math = run.blocks();
    this.size = run.size();
    this.sight = run.sight();
    this.places = new BetweenEnds(run.real(), run.sight(), size.headSize());
    this.key = run.input(SeaInputs.KEY);
    this.value = run.input(SeaInputs.VALUE);
    this.features = new RoughFeatures(run, call, across, BLOCK);
    this.placed = call.floats(BLOCK * 2 * size.headSize());
    this.values = call.floats(BLOCK * size.headSize());
  }

  /** The key of a span whose ω·k is greatest. */
  RoughTotals.Strongest strongest(int head, KeySpans spans, int span) {
    RoughTotals.Strongest strongest =
        new RoughTotals.Strongest(Float.NEGATIVE_INFINITY, spans.first(span), 0);
    for (int from = spans.first(span); from < spans.end(span); from += BLOCK) {
      project(head, from, Math.min(from + BLOCK, spans.end(span)));
      int best = 0;
      for (int i = 1; i < loaded; i++) {
        best = features.greatest()[i] > features.greatest()[best] ? i : best;
      }
      strongest =
          strongest.or(
              new RoughTotals.Strongest(
                  features.greatest()[best], from + best, features.strongest(best)));
    }
    return strongest;
  }

  /**
   * Adds up a span.
   *
   * @param sums {@link RoughTotals#sumSize} numbers, written
   */
  void sum(int head, KeySpans spans, int span, float shift, float[] sums) {
    Arrays.fill(sums, 0);
    RoughTotals.Total into = RoughTotals.total(size, sums, new RoughTotals.Strongest(shift, 0, 0));
    for (int from = spans.first(span); from < spans.end(span); from += BLOCK) {
      load(head, from, Math.min(from + BLOCK, spans.end(span)), shift);
      math.addProduct(features.block().transposed(), placed(), into.memory());
      float[] data = features.block().data();
      int mass = into.mass().offset();
      for (int i = 0; i < loaded; i++) {
        for (int f = 0; f < size.features(); f++) {
          sums[mass + f] += data[i * size.features() + f];
        }
      }
    }
  }

  /** Reads keys {@code from} … {@code to} − 1 and what they bring, all opened. */
  void load(int head, int from, int to, float shift) {
    project(head, from, to);
    features.open(shift);
    int width = size.headSize();
    int sequence = head / size.heads();
    value.read(((long) head * size.length() + from) * width, values, 0, loaded * width);
    sight.clear(sequence, from, to, values, 0, width);
    for (int i = 0; i < loaded; i++) {
      places.write(sequence, from + i, placed, 2 * i * width);
      System.arraycopy(values, i * width, placed, (2 * i + 1) * width, width);
    }
  }

  private void project(int head, int from, int to) {
    loaded = to - from;
    int width = size.headSize();
    key.read(((long) head * size.length() + from) * width, features.vectors(), 0, loaded * width);
    features.project(loaded);
  }

  /** φ(K) of the loaded keys. */
  RoughFeatures features() {
    return features;
  }

  /** U, {@code [positions, 2D]}. */
  Block placed() {
    return Block.of(placed, loaded, 2 * size.headSize());
  }
}
