package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.Tensor;

/** Reads and writes consecutive positions of one head of a tensor. */
final class HeadRows {

  /** How many zeros are written at once. */
  private static final int PIECE = 4096;

  private HeadRows() {}

  /**
   * Reads rows of a head of a tensor of queries or keys.
   *
   * @param head of B·H, or of B·K
   * @param positions how many positions a head has
   * @param into dense, and as wide as a row
   */
  static void read(Tensor tensor, int head, int positions, Span rows, Block into) {
    int width = into.columns();
    tensor.read(
        first(head, positions, rows, width), into.data(), into.offset(), rows.count() * width);
  }

  /** Reads one number a position. */
  static void read(Tensor tensor, int head, int positions, Span rows, float[] into) {
    tensor.read(first(head, positions, rows, 1), into, 0, rows.count());
  }

  /** Writes one number a position. */
  static void write(Tensor tensor, int head, int positions, Span rows, float[] from) {
    tensor.write(first(head, positions, rows, 1), from, 0, rows.count());
  }

  /** Writes rows; see {@link #read(Tensor, int, int, Span, Block)}. */
  static void write(Tensor tensor, int head, int positions, Span rows, Block from) {
    int width = from.columns();
    tensor.write(
        first(head, positions, rows, width), from.data(), from.offset(), rows.count() * width);
  }

  private static long first(int head, int positions, Span rows, int width) {
    return ((long) head * positions + rows.first()) * width;
  }

  /** Fills a tensor that takes no gradient, such as a mask's. */
  static void clear(Tensor tensor) {
    float[] zeros = new float[PIECE];
    long elements = tensor.shape().elements();
    for (long first = 0; first < elements; first += PIECE) {
      tensor.write(first, zeros, 0, (int) Math.min(PIECE, elements - first));
    }
  }
}
