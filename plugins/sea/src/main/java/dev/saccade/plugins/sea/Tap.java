package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/**
 * What one pixel of a convolution's input gives to one of its output. A tap may stand for several
 * rows of the 3×3 kernel, where those see the same row of pixels.
 *
 * @param source the number of the picture that it sees
 * @param down how many rows further down in that picture
 * @param right how many columns further right
 * @param fromRow the first row of the kernel that it stands for
 * @param endRow behind the last
 * @param weight the sum of those rows' weights, {@code [out, in]}
 */
record Tap(int source, int down, int right, int fromRow, int endRow, Block weight) {

  /**
   * @param kernel {@code [out, in·3·3]}
   */
  static Tap of(int source, int down, int right, int fromRow, int endRow, Block kernel) {
    int inputs = kernel.columns() / 9;
    Block weight = Block.of(kernel.rows(), inputs);
    for (int out = 0; out < kernel.rows(); out++) {
      for (int in = 0; in < inputs; in++) {
        float sum = 0;
        for (int row = fromRow; row < endRow; row++) {
          sum += kernel.data()[kernel.at(out, in * 9 + row * 3 + right + 1)];
        }
        weight.data()[weight.at(out, in)] = sum;
      }
    }
    return new Tap(source, down, right, fromRow, endRow, weight);
  }
}
