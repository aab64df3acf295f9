package dev.saccade.runtime.engine.kernel;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Arrays whose memory is in C order without gaps, as kernels index it.
 *
 * <p>Whatever is not so already (a view, or a transpose, which ND4J makes F-ordered without calling
 * it a view) is copied; closing frees the copies.
 */
public final class DenseArrays implements AutoCloseable {

  private final INDArray[] arrays;
  private final List<INDArray> copies;

  private DenseArrays(INDArray[] arrays, List<INDArray> copies) {
    this.arrays = arrays;
    this.copies = copies;
  }

  public static DenseArrays of(List<INDArray> given) {
    INDArray[] arrays = given.toArray(new INDArray[0]);
    List<INDArray> copies = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      if (arrays[i].ordering() != 'c' || arrays[i].isView() || hasGaps(arrays[i])) {
        arrays[i] = arrays[i].dup('c');
        copies.add(arrays[i]);
      }
    }
    return new DenseArrays(arrays, copies);
  }

  /** ND4J calls an array C-ordered, and no view, whose inner axes were permuted. */
  private static boolean hasGaps(INDArray array) {
    long next = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      if (array.size(axis) > 1 && array.stride(axis) != next) {
        return true;
      }
      next *= array.size(axis);
    }
    return false;
  }

  /** As they were given, in their order. */
  public INDArray[] arrays() {
    return arrays;
  }

  @Override
  public void close() {
    copies.forEach(INDArray::close);
  }
}
