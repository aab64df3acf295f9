package dev.saccade.runtime.engine.op;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Sums over the rows of a matrix, as gradients of what every row has in common need them. Added up
 * in double precision, and in the same order whatever the number of threads.
 */
final class ColumnSums {

  private ColumnSums() {}

  /** Sums up a matrix {@code [..., N]} into {@code [N]}; ND4J's own takes ten times as long. */
  static void of(INDArray matrix, Rows rows, INDArray result) {
    int width = Shapes.last(matrix.shape());
    Elements elements = Elements.of(matrix);
    long count = elements.length() / width;
    double[][] parts = new double[Rows.chunks(count, width)][];
    rows.split(
        count,
        width,
        (chunk, first, end) -> {
          Elements.Cursor row = elements.cursor(width);
          double[] part = new double[width];
          for (long i = first; i < end; i++) {
            double[] values = row.read(i * width, width);
            for (int j = 0; j < width; j++) {
              part[j] += values[j];
            }
          }
          parts[chunk] = part;
        });
    addUp(parts, result);
  }

  /** Adds up what the chunks of {@link Rows} came to, {@code [chunks][N]}, into {@code [N]}. */
  static void addUp(double[][] parts, INDArray result) {
    int width = Math.toIntExact(result.length());
    Elements.Cursor sums = Elements.of(result).cursor(width);
    for (double[] part : parts) {
      for (int i = 0; i < width; i++) {
        sums.values()[i] += part[i];
      }
    }
    sums.write(0, width);
  }
}
