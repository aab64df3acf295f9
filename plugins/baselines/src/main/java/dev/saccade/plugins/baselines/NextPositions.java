package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
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
 * @param math the arithmetic for blocks
 */
record NextPositions(
    AttentionSpec spec,
    int first,
    int count,
    Numbers query,
    Numbers key,
    Numbers value,
    @Nullable Numbers visible,
    Numbers context,
    BlockMath math) {

  static NextPositions of(AttentionSpec spec, Arithmetic arithmetic, int first, DecodingStep step) {
    return new NextPositions(
        spec,
        first,
        Math.toIntExact(step.query().shape().axis(2)),
        Numbers.of(step.query()),
        Numbers.of(step.key()),
        Numbers.of(step.value()),
        step.visible().map(Numbers::of).orElse(null),
        Numbers.of(step.context()),
        step.math(arithmetic));
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

    /** Reads the queries of positions {@code from} … {@code to} − 1, one after the other. */
    void readQueries(int queryHead, int from, int to, float[] into, int offset) {
      long first = at(head * queryHeads() + queryHead, from);
      query.read(first, into, offset, (to - from) * spec.headSize());
    }

    /** Reads keys, as queries. */
    void readKeys(int from, int to, float[] into, int offset) {
      key.read(at(head, from), into, offset, (to - from) * spec.headSize());
    }

    /** Reads values, as queries. */
    void readValues(int from, int to, float[] into, int offset) {
      value.read(at(head, from), into, offset, (to - from) * spec.headSize());
    }

    /** Writes the contexts of positions {@code from} … {@code to} − 1, one after the other. */
    void writeContexts(int queryHead, int from, int to, float[] contexts, int offset) {
      long first = at(head * queryHeads() + queryHead, from);
      context.write(first, contexts, offset, (to - from) * spec.headSize());
    }

    /** The arithmetic for blocks. */
    BlockMath math() {
      return math;
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
