package dev.saccade.runtime.train;

import dev.saccade.runtime.engine.kernel.DenseArrays;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An array that training changes in place.
 *
 * @param name under which checkpoints keep it; no other parameter of the model has it
 * @param array float32, dense and in C order; it stays its owner's, who must not close it before
 *     training has ended
 * @param group whose learning rate it follows, such as {@link #PRETRAINED} or {@link #NEW}
 * @param decays whether weight decay applies: not to biases and the gains of LayerNorms, which are
 *     no directions that could grow at the cost of others
 */
public record TrainedParameter(String name, INDArray array, String group, boolean decays) {

  /** The group of parameters that a pretrained model brought. */
  public static final String PRETRAINED = "pretrained";

  /** The group of parameters that are drawn, such as those of a new attention mechanism. */
  public static final String NEW = "new";

  public TrainedParameter {
    if (array.dataType() != DataType.FLOAT || !isDense(array)) {
      throw new IllegalArgumentException(
          "parameter %s must be FLOAT, in C order and no view but is %s %s with strides %s%s"
              .formatted(
                  name,
                  array.dataType(),
                  array.ordering(),
                  Arrays.toString(array.stride()),
                  array.isView() ? ", a view" : ""));
    }
  }

  private static boolean isDense(INDArray array) {
    try (DenseArrays dense = DenseArrays.of(List.of(array))) {
      return dense.arrays()[0] == array;
    }
  }

  /** Returns the number of elements. */
  int length() {
    return Math.toIntExact(array.length());
  }

  @Override
  public String toString() {
    return "%s %s".formatted(name, Arrays.toString(array.shape()));
  }
}
