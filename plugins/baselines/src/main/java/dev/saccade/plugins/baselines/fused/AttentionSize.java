package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.Shape;
import java.util.List;

/**
 * The sizes of one attention.
 *
 * @param batch B
 * @param heads H
 * @param kvHeads K, a divisor of H
 * @param queries T
 * @param keys S
 * @param headSize D
 */
record AttentionSize(int batch, int heads, int kvHeads, int queries, int keys, int headSize) {

  /**
   * Reads the sizes off the shapes of query, key and value.
   *
   * @throws IllegalArgumentException if they do not fit together
   */
  static AttentionSize of(List<Shape> inputs) {
    if (inputs.size() < 3) {
      throw new IllegalArgumentException(
          "there must be a query, a key and a value but there are " + inputs);
    }
    Shape query = inputs.get(0);
    Shape key = inputs.get(1);
    if (query.rank() != 4 || key.rank() != 4) {
      throw new IllegalArgumentException(
          "query must be [B, H, T, D] and key [B, K, S, D] but they are %s and %s"
              .formatted(query, key));
    }
    AttentionSize size =
        new AttentionSize(
            Math.toIntExact(query.axis(0)),
            Math.toIntExact(query.axis(1)),
            Math.toIntExact(key.axis(1)),
            Math.toIntExact(query.axis(2)),
            Math.toIntExact(key.axis(2)),
            Math.toIntExact(query.axis(3)));
    Shape expectedKey = Shape.of(size.batch, size.kvHeads, size.keys, size.headSize);
    require("key", "[B, K, S, D]", expectedKey, key);
    require("value", "[B, K, S, D]", expectedKey, inputs.get(2));
    if (size.kvHeads == 0 || size.heads % size.kvHeads != 0) {
      throw new IllegalArgumentException(
          "K must divide H, so that each key head serves as many query heads as the next: H=%d, K=%d"
              .formatted(size.heads, size.kvHeads));
    }
    return size;
  }

  /** Checks the shape of what says which keys are real. */
  void requireReal(Shape real) {
    require("real", "[B, S]", Shape.of(batch, keys), real);
  }

  /** How many query heads a key head serves. */
  int group() {
    return heads / kvHeads;
  }

  /** The key head, of B·K, of a query head, of B·H: groups follow each other within a sequence. */
  int kvHead(int head) {
    return head / group();
  }

  static void require(String name, String axes, Shape expected, Shape given) {
    if (!given.equals(expected)) {
      throw new IllegalArgumentException(
          "%s must be %s = %s but is %s".formatted(name, axes, expected, given));
    }
  }
}
