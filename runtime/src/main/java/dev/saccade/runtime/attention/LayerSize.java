package dev.saccade.runtime.attention;

/**
 * The sizes that a graph is built for.
 *
 * @param batch B, sequences
 * @param queries T, query positions
 * @param keys S, key positions
 */
public record LayerSize(long batch, long queries, long keys) {

  public LayerSize {
    if (batch < 1 || queries < 1 || keys < 1) {
      throw new IllegalArgumentException(
          "batch, queries and keys must be at least 1: batch=%d, queries=%d, keys=%d"
              .formatted(batch, queries, keys));
    }
  }

  /** Self attention over one length. */
  public static LayerSize self(long batch, long length) {
    return new LayerSize(batch, length, length);
  }
}
