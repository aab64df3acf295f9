package dev.saccade.runtime.engine.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What one op of a graph computes, forward and backward.
 *
 * <p>One instance serves every op that names it, from many threads at once, so it keeps no state of
 * a call. Arrays belong to the caller: a kernel neither closes nor keeps them. Inputs arrive in C
 * order but may be views; outputs are dense, in C order and <b>uninitialised</b>, so every element
 * must be written.
 */
public interface GraphKernel extends AutoCloseable {

  /** What {@link #backward} reads besides the gradients of the outputs. */
  enum BackwardReads {
    /** Neither; see {@link #OUTPUTS} for the shapes. */
    NOTHING,
    /** The inputs; {@code outputs} is then empty. */
    INPUTS,
    /**
     * The outputs; {@code inputs} is then empty. Every input that has a gradient must have the
     * shape of the output of the same index.
     */
    OUTPUTS,
    /** Both. */
    INPUTS_AND_OUTPUTS;

    boolean inputs() {
      return this == INPUTS || this == INPUTS_AND_OUTPUTS;
    }

    boolean outputs() {
      return this == OUTPUTS || this == INPUTS_AND_OUTPUTS;
    }
  }

  /**
   * Says what {@link #backward} needs, so that memory nobody will read is reused early; the same
   * answer for the life of the kernel.
   */
  default BackwardReads backwardReads() {
    return BackwardReads.INPUTS_AND_OUTPUTS;
  }

  /**
   * Returns the shapes of the outputs; their type is that of the first input.
   *
   * @throws IllegalArgumentException when the inputs do not fit, with a message that names them
   */
  List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments);

  /**
   * Returns the shapes of the outputs where they depend on the numbers of the inputs, as those of a
   * sparse matrix do.
   */
  default List<long[]> outputShapesOf(List<INDArray> inputs, KernelArguments arguments) {
    return outputShapes(inputs.stream().map(INDArray::shape).toList(), arguments);
  }

  /** Computes {@code outputs} from {@code inputs}. */
  void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments);

  /**
   * Computes the gradient of each input from the gradients of the outputs.
   *
   * @param outputGradients one of each output's shape; zeros where the loss does not depend on it
   * @param inputGradients to be written, uninitialised; null where an input is not floating point
   */
  void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments);

  /** Frees what it keeps on a device; called once, after it was retired and its last run ended. */
  @Override
  default void close() {}
}
