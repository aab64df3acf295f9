package dev.saccade.runtime.bench;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Random tensors of one sequence, {@code [1, H, T, D]} each: the same numbers in float32 and
 * float64, since all are drawn as float32.
 */
record LayerInputs(Map<String, INDArray> tensors) implements AutoCloseable {

  static LayerInputs gaussian(AttentionSpec spec, int length, long seed, String... names) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (String name : names) {
      float[] values = new float[spec.heads() * length * spec.headSize()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      INDArray single =
          Nd4j.createFromArray(values).reshape(1, spec.heads(), length, spec.headSize());
      if (spec.elementType() == ElementType.F64) {
        tensors.put(name, single.castTo(DataType.DOUBLE));
        single.close();
      } else {
        tensors.put(name, single);
      }
    }
    return new LayerInputs(tensors);
  }

  INDArray get(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /** All numbers of some arrays, one after the other. */
  static double[] flat(INDArray... arrays) {
    return Arrays.stream(arrays)
        .flatMapToDouble(array -> Arrays.stream(array.dup('c').data().asDouble()))
        .toArray();
  }

  @Override
  public void close() {
    tensors.values().forEach(INDArray::close);
  }
}
