package dev.saccade.runtime.engine.kernel;

import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
 * The op of a graph that a {@link GraphKernel} computes.
 *
 * <p>All that it knows is in its ND4J arguments: building a gradient function clones ops through
 * FlatBuffers, which keeps those and loses fields. String arguments: kernel id, what backward
 * reads, number of outputs, then the kernel's own.
 */
public final class KernelOp extends DynamicCustomOp implements JavaOp {

  public static final String NAME = "saccade_kernel";

  private static final int OWN_STRINGS = 3;

  /** For ND4J, which fills in the arguments afterwards. */
  public KernelOp() {}

  private KernelOp(SameDiff graph, SDVariable[] inputs) {
    super(null, graph, inputs);
  }

  /**
   * Adds an op to the graph of the inputs.
   *
   * <p>The kernel need not be registered yet; it must be when the graph runs.
   *
   * @param name of the first output, or null to have one made up
   * @param outputs how many outputs the kernel has
   * @return the outputs, of the type of the first input
   */
  public static SDVariable[] add(
      @Nullable String name,
      String kernelId,
      BackwardReads backwardReads,
      int outputs,
      KernelArguments arguments,
      SDVariable... inputs) {
    KernelOp op = new KernelOp(inputs[0].getSameDiff(), inputs);
    op.addSArgument(kernelId, backwardReads.name(), Integer.toString(outputs));
    op.addSArgument(arguments.strings().toArray(new String[0]));
    op.addIArgument(arguments.integers());
    op.addTArgument(arguments.reals());
    return name == null ? op.outputVariables() : op.outputVariables(name);
  }

  /** Returns the id of the kernel that computes this op. */
  public String kernelId() {
    return getSArgument(0);
  }

  private BackwardReads backwardReads() {
    return BackwardReads.valueOf(getSArgument(1));
  }

  private KernelArguments arguments() {
    return arguments(this, OWN_STRINGS);
  }

  static KernelArguments arguments(DynamicCustomOp op, int ownStrings) {
    List<String> strings = Arrays.asList(op.sArgs());
    return new KernelArguments(op.iArgs(), op.tArgs(), strings.subList(ownStrings, strings.size()));
  }

  static CustomOpDescriptor anyArguments() {
    return CustomOpDescriptor.builder()
        .hash(0)
        .numInputs(-1)
        .numOutputs(-1)
        .allowsInplace(false)
        .numTArgs(-1)
        .numIArgs(-1)
        .build();
  }

  @Override
  public void execute(OpContext context) {
    INDArray[] outputs = context.getOutputArrays().toArray(new INDArray[0]);
    try (DenseArrays inputs = DenseArrays.of(context.getInputArrays())) {
      KernelScope.run(kernelId(), kernel -> kernel.forward(inputs.arrays(), outputs, arguments()));
    }
  }

  @Override
  public List<LongShapeDescriptor> calculateOutputShape() {
    return calculateOutputShape(null);
  }

  @Override
  public List<LongShapeDescriptor> calculateOutputShape(@Nullable OpContext context) {
    List<INDArray> inputs = context == null ? inputArguments() : context.getInputArrays();
    DataType type = inputs.get(0).dataType();
    return KernelScope.using(kernelId(), kernel -> kernel.outputShapesOf(inputs, arguments()))
        .stream()
        .map(shape -> LongShapeDescriptor.fromShape(shape, type))
        .toList();
  }

  @Override
  public List<SDVariable> doDiff(List<SDVariable> outputGradients) {
    SDVariable[] inputs = args();
    SDVariable[] gradients =
        KernelGradientOp.add(
            kernelId(),
            backwardReads(),
            arguments(),
            inputs,
            outputVariables(),
            outputGradients.toArray(new SDVariable[0]));
    List<SDVariable> ofInputs = new ArrayList<>();
    int next = 0;
    for (SDVariable input : inputs) {
      // SameDiff wants a gradient for integers too; nobody reads it.
      ofInputs.add(input.dataType().isFPType() ? gradients[next++] : sameDiff.zerosLike(input));
    }
    return ofInputs;
  }

  @Override
  public String opName() {
    return NAME;
  }

  @Override
  public CustomOpDescriptor getDescriptor() {
    return anyArguments();
  }

  @Override
  public long opHash() {
    return 0;
  }

  @Override
  public int getNumOutputs() {
    return sArguments.isEmpty() ? -1 : Integer.parseInt(getSArgument(2));
  }

  @Override
  public List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
    return Collections.nCopies(getNumOutputs(), inputs.get(0));
  }

  /** ND4J would look for fields to save under this op's name and fail. */
  @Override
  public Map<String, Object> propertiesForFunction() {
    return Map.of();
  }

  @Override
  public void setPropertiesForFunction(Map<String, Object> properties) {
    // Nothing but the arguments is kept; see the class comment.
  }
}
