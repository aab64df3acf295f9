package dev.saccade.runtime.engine.kernel;

import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOpDescriptor;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;

/**
 * The gradient of a {@link KernelOp}.
 *
 * <p>Its inputs are, in this order, what the kernel's backward reads of the forward op's inputs and
 * outputs, then the gradients of the outputs. String arguments: kernel id, what backward reads,
 * number of forward outputs, which forward inputs are floating point (one letter each, {@code f} or
 * {@code i}), then the kernel's own.
 */
public final class KernelGradientOp extends DynamicCustomOp implements JavaOp {

  public static final String NAME = "saccade_kernel_gradient";

  private static final int OWN_STRINGS = 4;

  /** For ND4J, which fills in the arguments afterwards. */
  public KernelGradientOp() {}

  private KernelGradientOp(SameDiff graph, SDVariable[] inputs) {
    super(null, graph, inputs);
  }

  /** Adds the op; returns one gradient for each floating point input of the forward op. */
  static SDVariable[] add(
      String kernelId,
      BackwardReads reads,
      KernelArguments arguments,
      SDVariable[] inputs,
      SDVariable[] outputs,
      SDVariable[] outputGradients) {
    List<SDVariable> all = new ArrayList<>();
    if (reads.inputs()) {
      all.addAll(Arrays.asList(inputs));
    }
    if (reads.outputs()) {
      all.addAll(Arrays.asList(outputs));
    }
    all.addAll(Arrays.asList(outputGradients));
    String types =
        Stream.of(inputs)
            .map(input -> input.dataType().isFPType() ? "f" : "i")
            .collect(Collectors.joining());
    KernelGradientOp op =
        new KernelGradientOp(inputs[0].getSameDiff(), all.toArray(new SDVariable[0]));
    op.addSArgument(kernelId, reads.name(), Integer.toString(outputs.length), types);
    op.addSArgument(arguments.strings().toArray(new String[0]));
    op.addIArgument(arguments.integers());
    op.addTArgument(arguments.reals());
    return op.outputVariables();
  }

  /** Returns the id of the kernel that computes this op. */
  public String kernelId() {
    return getSArgument(0);
  }

  private BackwardReads reads() {
    return BackwardReads.valueOf(getSArgument(1));
  }

  private int forwardOutputs() {
    return Integer.parseInt(getSArgument(2));
  }

  /** One letter for each forward input. */
  private String inputTypes() {
    return getSArgument(3);
  }

  /** Which arrays given to this op have the shapes of the gradients it returns. */
  private List<Integer> shapedLikeGradients() {
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < inputTypes().length(); i++) {
      if (inputTypes().charAt(i) == 'f') {
        indices.add(i);
      }
    }
    return indices;
  }

  @Override
  public void execute(OpContext context) {
    int inputs = reads().inputs() ? inputTypes().length() : 0;
    int outputs = reads().outputs() ? forwardOutputs() : 0;
    @Nullable INDArray[] inputGradients = new INDArray[inputTypes().length()];
    int next = 0;
    for (int index : shapedLikeGradients()) {
      inputGradients[index] = context.getOutputArray(next++);
    }
    try (DenseArrays dense = DenseArrays.of(context.getInputArrays())) {
      INDArray[] all = dense.arrays();
      KernelScope.run(
          kernelId(),
          kernel ->
              kernel.backward(
                  Arrays.copyOfRange(all, 0, inputs),
                  Arrays.copyOfRange(all, inputs, inputs + outputs),
                  Arrays.copyOfRange(all, inputs + outputs, all.length),
                  inputGradients,
                  KernelOp.arguments(this, OWN_STRINGS)));
    }
  }

  @Override
  public List<LongShapeDescriptor> calculateOutputShape() {
    return calculateOutputShape(null);
  }

  @Override
  public List<LongShapeDescriptor> calculateOutputShape(@Nullable OpContext context) {
    List<INDArray> all = context == null ? inputArguments() : context.getInputArrays();
    return shapedLikeGradients().stream()
        .map(all::get)
        .map(like -> LongShapeDescriptor.fromShape(like.shape(), like.dataType()))
        .toList();
  }

  @Override
  public List<DataType> calculateOutputDataTypes(List<DataType> all) {
    return shapedLikeGradients().stream().map(all::get).toList();
  }

  @Override
  public int getNumOutputs() {
    return sArguments.isEmpty() ? -1 : shapedLikeGradients().size();
  }

  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    throw new UnsupportedOperationException(
        "kernel %s has no second derivative".formatted(kernelId()));
  }

  @Override
  public String opName() {
    return NAME;
  }

  @Override
  public CustomOpDescriptor getDescriptor() {
    return KernelOp.anyArguments();
  }

  @Override
  public long opHash() {
    return 0;
  }

  @Override
  public Map<String, Object> propertiesForFunction() {
    return Collections.emptyMap();
  }

  @Override
  public void setPropertiesForFunction(Map<String, Object> properties) {
    // Nothing but the arguments is kept; see KernelOp.
  }
}
