package dev.saccade.conformance;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.LayerSize;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What enters one attention layer. Immutable.
 *
 * @param query {@code [B, H, T, D]}
 * @param key {@code [B, K, S, D]}
 * @param value {@code [B, K, S, D]}
 * @param real {@code [B, S]}, one for a real key, zero for padding; present exactly if the masking
 *     is padded
 */
record LayerInputs(
    TensorValues query, TensorValues key, TensorValues value, @Nullable TensorValues real) {

  private static final int POSITIONS = 2;

  /** Gaussian numbers that float32 holds exactly, so that all precisions begin alike. */
  static LayerInputs gaussian(AttentionSpec spec, LayerSize size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] asking = {size.batch(), spec.heads(), size.queries(), spec.headSize()};
    long[] asked = {size.batch(), spec.kvHeads(), size.keys(), spec.headSize()};
    return new LayerInputs(
        gaussian(random, asking),
        gaussian(random, asked),
        gaussian(random, asked),
        spec.masking().padded() ? TensorValues.filledBy(() -> 1, size.batch(), size.keys()) : null);
  }

  static TensorValues gaussian(SplittableRandom random, long... shape) {
    return TensorValues.filledBy(() -> (float) random.nextGaussian(), shape);
  }

  /** With padding where {@code isPadding} says so of {@code [b, s]}; without a mask, the same. */
  LayerInputs padded(Predicate<long[]> isPadding) {
    return real == null
        ? this
        : new LayerInputs(query, key, value, real.changed(isPadding, one -> 0));
  }

  /** With other numbers in all three where {@code where} says so of {@code [b, h, t, d]}. */
  LayerInputs changed(Predicate<long[]> where, DoubleUnaryOperator change) {
    return new LayerInputs(
        query.changed(where, change),
        key.changed(where, change),
        value.changed(where, change),
        real);
  }

  LayerInputs withValue(TensorValues other) {
    return new LayerInputs(query, key, other, real);
  }

  /** Some sequences of the batch. */
  LayerInputs sequences(int from, int to) {
    return new LayerInputs(
        query.slice(0, from, to),
        key.slice(0, from, to),
        value.slice(0, from, to),
        real == null ? null : real.slice(0, from, to));
  }

  /** Some positions of every sequence. */
  LayerInputs positions(int from, int to) {
    return new LayerInputs(
        query.slice(POSITIONS, from, to),
        key.slice(POSITIONS, from, to),
        value.slice(POSITIONS, from, to),
        real == null ? null : real.slice(1, from, to));
  }

  /** Some sequences in some order; one may be named more than once. */
  LayerInputs inOrder(List<Integer> sequences) {
    return new LayerInputs(
        inOrder(query, sequences),
        inOrder(key, sequences),
        inOrder(value, sequences),
        real == null ? null : inOrder(real, sequences));
  }

  private static TensorValues inOrder(TensorValues x, List<Integer> sequences) {
    return TensorValues.joined(
        0, sequences.stream().map(sequence -> x.slice(0, sequence, sequence + 1)).toList());
  }

  /** More positions after these. */
  LayerInputs then(LayerInputs later) {
    return new LayerInputs(
        TensorValues.joined(POSITIONS, List.of(query, later.query)),
        TensorValues.joined(POSITIONS, List.of(key, later.key)),
        TensorValues.joined(POSITIONS, List.of(value, later.value)),
        real == null || later.real == null
            ? null
            : TensorValues.joined(1, List.of(real, later.real)));
  }
}
