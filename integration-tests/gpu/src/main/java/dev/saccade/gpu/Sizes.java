package dev.saccade.gpu;

import dev.saccade.api.Masking;
import dev.saccade.api.Shape;

/**
 * How large one attention is; queries and keys are of the same T positions.
 *
 * @param batch B
 * @param heads H
 * @param kvHeads K, a divisor of H
 * @param length T
 * @param headSize D
 */
record Sizes(int batch, int heads, int kvHeads, int length, int headSize, Masking masking) {

  static Sizes of(int batch, int heads, int length, int headSize, Masking masking) {
    return new Sizes(batch, heads, heads, length, headSize, masking);
  }

  Shape queryShape() {
    return Shape.of(batch, heads, length, headSize);
  }

  Shape keyShape() {
    return Shape.of(batch, kvHeads, length, headSize);
  }

  /** {@code [B, T]}, 0 for padding. */
  Shape realShape() {
    return Shape.of(batch, length);
  }

  /** Queries of all heads. */
  int rows() {
    return batch * heads * length;
  }

  /**
   * Which positions are real, {@code [B, T]}: if there is padding, all but the last fifth of the
   * first sequence, and of the last sequence all but the first position and the last fifth.
   */
  double[] real() {
    double[] real = new double[batch * length];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < length; t++) {
        boolean behind = t >= length - length / 5 && (b == 0 || b == batch - 1);
        boolean before = t == 0 && b == batch - 1 && batch > 1;
        real[b * length + t] = masking.padded() && (behind || before) ? 0 : 1;
      }
    }
    return real;
  }

  /** As results are named by. */
  String label() {
    String groups = kvHeads == heads ? "" : ",K=" + kvHeads;
    return "B=%d,H=%d%s,T=%d,D=%d,%s"
        .formatted(
            batch,
            heads,
            groups,
            length,
            headSize,
            masking.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'));
  }
}
