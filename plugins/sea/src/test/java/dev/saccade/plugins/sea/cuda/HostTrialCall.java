package dev.saccade.plugins.sea.cuda;

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
record HostTrialCall(
    KernelArguments arguments,
    List<Tensor> inputs,
    List<Tensor> outputs,
    List<Tensor> outputGradients,
    List<Tensor> inputGradients)
    implements KernelGradientCall {

  static HostTrialCall of(CudaKernel kernel, ExactTrial trial) {
    List<Tensor> inputs = new ArrayList<>();
    inputs.add(HostNumbers.of(trial.size().queryShape(), trial.query()));
    inputs.add(HostNumbers.of(trial.size().keyShape(), trial.key()));
    inputs.add(HostNumbers.of(trial.size().keyShape(), trial.value()));
    List<Tensor> outputs = empty(kernel.outputShapes(trial.request()));
    List<Tensor> arriving = empty(outputs.stream().map(Tensor::shape).toList());
    arriving.set(0, HostNumbers.of(trial.size().queryShape(), trial.gradient()));
    return new HostTrialCall(
        trial.arguments(),
        inputs,
        outputs,
        arriving,
        empty(inputs.stream().map(Tensor::shape).toList()));
  }

  private static List<Tensor> empty(List<Shape> shapes) {
    List<Tensor> tensors = new ArrayList<>();
    shapes.forEach(shape -> tensors.add(HostNumbers.empty(shape)));
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
