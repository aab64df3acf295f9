package dev.saccade.plugins.sea;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Where the first of several sequences is padded; the others are not. */
enum Padding {
  NONE,
  BEHIND,
  ANYWHERE,
  EVERYWHERE;

  /** One for real, zero for padding, {@code [B, T]}; null for {@link #NONE}. */
  @Nullable INDArray real(int batch, int length) {
    if (this == NONE) {
      return null;
    }
    double[][] real = new double[batch][length];
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int position = 0; position < length; position++) {
        real[sequence][position] = sequence == 0 && padded(position, length) ? 0 : 1;
      }
    }
    return Nd4j.createFromArray(real);
  }

  private boolean padded(int position, int length) {
    return switch (this) {
      case NONE -> false;
      case BEHIND -> position >= length - 11;
      case ANYWHERE -> position < 7 || position % 5 == 2;
      case EVERYWHERE -> true;
    };
  }
}
