package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.SaccadeException;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Whole numbers out of an INT32 or INT64 array, such as token ids and labels. */
final class Indices {

  private Indices() {}

  static long[] of(INDArray array) {
    long[] indices = new long[Math.toIntExact(array.length())];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = array.data().getLong(i);
    }
    return indices;
  }

  static void requireBelow(long index, long end, int position, String what) {
    if (index < 0 || index >= end) {
      throw new SaccadeException(
          "%s must be from 0 to %d but number %d is %d".formatted(what, end - 1, position, index));
    }
  }
}
