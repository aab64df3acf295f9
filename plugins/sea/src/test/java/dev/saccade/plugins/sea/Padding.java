package dev.saccade.plugins.sea;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Where the first of several sequences is padded; the others are not. */
enum Padding {
  NONE,
  BEHIND,
  ANYWHERE;

  /** One for real, zero for padding, {@code [B, T]}; null for {@link #NONE}. */
  @Nullable INDArray real(int batch, int length) {
    if (this == NONE) {
      return null;
    }
    double[][] real = new double[batch][length];
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int position = 0; position < length; position++) {
        boolean padded =
            this == BEHIND ? position >= length - 11 : position < 7 || position % 5 == 2;
        real[sequence][position] = sequence == 0 && padded ? 0 : 1;
      }
    }
    return Nd4j.createFromArray(real);
  }
}
