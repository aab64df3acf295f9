package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingStep;
import org.jspecify.annotations.Nullable;

/**
 * The next n positions that a decoding takes, as numbers. Safe for use by many threads, as long as
 * each writes the context of heads of its own.
 *
 * @param first how many positions came before
 * @param count n
 * @param query {@code [B, H, n, D]}
 * @param key {@code [B, K, n, D]}
 * @param value {@code [B, K, n, D]}
 * @param visible {@code [B, n]}, zero for padding; null if there is none
 * @param context {@code [B, H, n, D]}, to be written
 */
record NextPositions(
    AttentionSpec spec,
    int first,
    int count,
    Numbers query,
    Numbers key,
    Numbers value,
    @Nullable Numbers visible,
    Numbers context) {

  static NextPositions of(AttentionSpec spec, int first, DecodingStep step) {
    return new NextPositions(
        spec,
        first,
        Math.toIntExact(step.query().shape().axis(2)),
        Numbers.of(step.query()),
        Numbers.of(step.key()),
        Numbers.of(step.value()),
        step.visible().map(Numbers::of).orElse(null),
        Numbers.of(step.context()));
  }

  /** The same for one key head of B·K, and the query heads that it serves. */
  OfHead ofHead(int head) {
    return new OfHead(head);
  }

  /** What concerns one key head of one sequence. */
  final class OfHead {

    private final int head;
    private final double[] real = new double[count]; // [n]

    private OfHead(int head) {
      this.head = head;
      if (visible != null) {
        visible.read((long) head / spec.kvHeads() * count, real, count);
      }
    }

    /** How many positions came before. */
    int first() {
      return first;
    }

    /** n. */
    int count() {
      return count;
    }

    /** H/K, the query heads that the key head serves. */
    int queryHeads() {
      return spec.heads() / spec.kvHeads();
    }

    /** Whether a position, from 0 to n − 1, is no padding. */
    boolean isVisible(int position) {
      return visible == null || real[position] != 0;
    }

    void readQuery(int queryHead, int position, double[] into) {
      query.read(at(head * queryHeads() + queryHead, position), into, spec.headSize());
    }

    void readKey(int position, double[] into) {
      key.read(at(head, position), into, spec.headSize());
    }

    void readValue(int position, double[] into) {
      value.read(at(head, position), into, spec.headSize());
    }

    void writeContext(int queryHead, int position, double[] from) {
      context.write(at(head * queryHeads() + queryHead, position), from, spec.headSize());
    }

    private long at(int row, int position) {
      return ((long) row * count + position) * spec.headSize();
    }
  }
}
