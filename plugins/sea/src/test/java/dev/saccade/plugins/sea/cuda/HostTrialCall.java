package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;

/** One run of a kernel on host memory, there and back, as the runtime would ask for it. */
public record HostTrialCall(
    KernelArguments arguments,
    List<Tensor> inputs,
    List<Tensor> outputs,
    List<Tensor> outputGradients,
    List<Tensor> inputGradients)
    implements KernelGradientCall {

  static HostTrialCall of(CudaKernel kernel, ExactTrial trial) {
    ElementType type = trial.type();
    List<Tensor> inputs = new ArrayList<>();
    inputs.add(HostNumbers.of(trial.size().queryShape(), type, trial.query()));
    inputs.add(HostNumbers.of(trial.size().keyShape(), type, trial.key()));
    inputs.add(HostNumbers.of(trial.size().keyShape(), type, trial.value()));
    if (trial.padded()) {
      Shape real = Shape.of(trial.size().batch(), trial.size().keys());
      inputs.add(HostNumbers.of(real, ElementType.F32, trial.real()));
    }
    List<Tensor> outputs = new ArrayList<>();
    for (Shape shape : kernel.outputShapes(trial.request())) {
      boolean context = outputs.isEmpty(); // statistics are behind it
      outputs.add(HostNumbers.empty(shape, context ? type : ElementType.F32));
    }
    List<Tensor> arriving = empty(outputs);
    arriving.set(0, HostNumbers.of(trial.size().queryShape(), type, trial.gradient()));
    return new HostTrialCall(trial.arguments(), inputs, outputs, arriving, empty(inputs));
  }

  private static List<Tensor> empty(List<Tensor> like) {
    List<Tensor> tensors = new ArrayList<>();
    like.forEach(each -> tensors.add(HostNumbers.empty(each.shape(), each.elementType())));
    return tensors;
  }

  ExactTrial.Results results() {
    return new ExactTrial.Results(
        numbers(outputs.get(0)),
        numbers(inputGradients.get(0)),
        numbers(inputGradients.get(1)),
        numbers(inputGradients.get(2)));
  }

  private static double[] numbers(Tensor tensor) {
    return ((HostNumbers) tensor).numbers();
  }

  @Override
  public Tensor scratch(Shape shape) {
    throw new AssertionError("a kernel on a GPU has its own memory");
  }

  @Override
  public float[] floats(int length) {
    throw new AssertionError("a kernel on a GPU has its own memory");
  }

  @Override
  public BlockMath math(Arithmetic arithmetic) {
    throw new AssertionError("a kernel on a GPU computes there");
  }

  @Override
  public void stopIfInterrupted() {}

  @Override
  public void parallel(int tasks, IntConsumer body) {
    throw new AssertionError("a kernel on a GPU computes there");
  }

  @Override
  public <W> void parallel(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    throw new AssertionError("a kernel on a GPU computes there");
  }
}
