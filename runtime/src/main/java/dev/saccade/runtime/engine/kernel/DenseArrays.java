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
final class DenseArrays implements AutoCloseable {

  private final INDArray[] arrays;
  private final List<INDArray> copies;

  private DenseArrays(INDArray[] arrays, List<INDArray> copies) {
    this.arrays = arrays;
    this.copies = copies;
  }

  static DenseArrays of(List<INDArray> given) {
    INDArray[] arrays = given.toArray(new INDArray[0]);
    List<INDArray> copies = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      if (arrays[i].ordering() != 'c' || arrays[i].isView()) {
        arrays[i] = arrays[i].dup('c');
        copies.add(arrays[i]);
      }
    }
    return new DenseArrays(arrays, copies);
  }

  INDArray[] arrays() {
    return arrays;
  }

  @Override
  public void close() {
    copies.forEach(INDArray::close);
  }
}
