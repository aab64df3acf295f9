package dev.saccade.runtime.blocks;

import dev.saccade.api.kernel.Block;

/** What blocks must be like to be computed with. */
final class Fitting {

  private Fitting() {}

  static void requireProduct(Block a, Block b, Block into) {
    if (a.columns() != b.rows() || a.rows() != into.rows() || b.columns() != into.columns()) {
      throw new IllegalArgumentException(
          "a·b must fit: a is [%d, %d], b is [%d, %d], the result [%d, %d]"
              .formatted(
                  a.rows(), a.columns(), b.rows(), b.columns(), into.rows(), into.columns()));
    }
    requireDense(b);
    requireDense(into);
  }

  static void requireDense(Block block) {
    if (!block.hasDenseRows()) {
      throw new IllegalArgumentException(
          "the numbers of a row must lie side by side, but columnStride is "
              + block.columnStride());
    }
  }

  static void requireSameSize(Block a, Block b) {
    if (a.rows() != b.rows() || a.columns() != b.columns()) {
      throw new IllegalArgumentException(
          "both blocks must be of one size but are [%d, %d] and [%d, %d]"
              .formatted(a.rows(), a.columns(), b.rows(), b.columns()));
    }
  }

  static void requireNorm(Block x, Block gain, Block bias) {
    requireDense(x);
    requireDense(gain);
    requireDense(bias);
    requireSameSize(gain, bias);
    if (gain.rows() != 1 || gain.columns() != x.columns()) {
      throw new IllegalArgumentException(
          "gain and bias must be [1, %d] but are [%d, %d]"
              .formatted(x.columns(), gain.rows(), gain.columns()));
    }
  }
}
