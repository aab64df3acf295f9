package dev.saccade.runtime.train;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Bulk access to ND4J's memory, a tenth of a nanosecond an element. */
final class NativeFloats {

  private NativeFloats() {}

  /**
   * Returns the elements of a dense float32 array in C order. They are the array's own, and gone
   * when it is closed.
   */
  static FloatBuffer of(INDArray array) {
    long bytes = array.length() * Float.BYTES;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "an array of %,d elements is too large: a buffer holds %,d"
              .formatted(array.length(), Integer.MAX_VALUE / Float.BYTES));
    }
    return new BytePointer(array.data().pointer())
        .position(0)
        .limit(bytes)
        .asByteBuffer()
        .asFloatBuffer();
  }

  /** Returns a copy of all elements. */
  static float[] copy(INDArray array) {
    float[] values = new float[Math.toIntExact(array.length())];
    of(array).get(0, values);
    return values;
  }
}
