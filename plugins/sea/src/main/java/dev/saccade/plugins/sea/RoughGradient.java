package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * What the rough contexts hand back to the sums that they are quotients of, for every row: {@link
 * QueryGradient} writes it, {@link KeyGradient} reads it.
 *
 * @param numerator {@code [B·H, T′, 2D]}
 * @param mass gradient of the denominator, {@code [B·H, T′]}
 */
record RoughGradient(SeaSize size, Tensor numerator, Tensor mass) {

  static RoughGradient of(KernelCall call, SeaSize size) {
    long heads = (long) size.batch() * size.heads();
    return new RoughGradient(
        size,
        call.scratch(Shape.of(heads, size.rows(), 2L * size.headSize())),
        call.scratch(Shape.of(heads, size.rows())));
  }

  /** Writes {@code rows} rows from row {@code first} on, which stand from {@code offset} on. */
  void write(
      int sequence,
      int head,
      int first,
      int rows,
      float[] ofNumerator,
      float[] ofMass,
      int offset) {
    long at = ((long) sequence * size.heads() + head) * size.rows() + first;
    int width = 2 * size.headSize();
    numerator.write(at * width, ofNumerator, offset * width, rows * width);
    mass.write(at, ofMass, offset, rows);
  }

  void read(int sequence, int head, int first, int rows, float[] ofNumerator, float[] ofMass) {
    long at = ((long) sequence * size.heads() + head) * size.rows() + first;
    int width = 2 * size.headSize();
    numerator.read(at * width, ofNumerator, 0, rows * width);
    mass.read(at, ofMass, 0, rows);
  }
}
