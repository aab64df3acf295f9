package dev.saccade.runtime.attention;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.runtime.blocks.BlockArithmetic;
import dev.saccade.runtime.engine.MemoryExhausted;
import dev.saccade.runtime.engine.kernel.KernelScope;
import dev.saccade.runtime.engine.kernel.ScratchMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** One run of a plugin's kernel in host memory. Closing it frees its scratch memory. */
final class HostCall implements KernelGradientCall, AutoCloseable {

  private final KernelRequest request;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final List<Tensor> outputGradients;
  private final List<Tensor> inputGradients;
  private final List<INDArray> scratch = new ArrayList<>();
  private final ScratchMemory memory = KernelScope.memory();
  private final Interruption interruption = new Interruption();
  private long heapBytes;

  HostCall(KernelRequest request, INDArray[] inputs, INDArray[] outputs) {
    this(request, inputs, outputs, new INDArray[0], new INDArray[0]);
  }

  HostCall(
      KernelRequest request,
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients) {
    this.request = request;
    this.inputs = tensors(inputs);
    this.outputs = tensors(outputs);
    this.outputGradients = tensors(outputGradients);
    this.inputGradients = tensors(inputGradients);
  }

  @Override
  public KernelArguments arguments() {
    return request.arguments();
  }

  @Override
  public List<Tensor> inputs() {
    return inputs;
  }

  @Override
  public List<Tensor> outputs() {
    return outputs;
  }

  @Override
  public List<Tensor> outputGradients() {
    return outputGradients;
  }

  @Override
  public List<Tensor> inputGradients() {
    return inputGradients;
  }

  @Override
  public synchronized Tensor scratch(Shape shape) {
    INDArray array = memory.take(ElementTypes.nd4j(request.elementType()), shape.toArray());
    scratch.add(array);
    return new HostTensor(array);
  }

  @Override
  public float[] floats(int length) {
    long bytes = (long) length * Float.BYTES;
    synchronized (this) {
      heapBytes += bytes;
      memory.count(bytes);
    }
    try {
      return new float[length];
    } catch (OutOfMemoryError e) {
      throw MemoryExhausted.ofHeap(bytes, heapBytes - bytes, e);
    }
  }

  @Override
  public BlockMath math(Arithmetic arithmetic) {
    return BlockArithmetic.of(arithmetic);
  }

  @Override
  public void stopIfInterrupted() {
    interruption.stop();
  }

  @Override
  public void parallel(int tasks, IntConsumer body) {
    HostThreads.run(tasks, () -> body, IntConsumer::accept, interruption);
  }

  @Override
  public <W> void parallel(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    HostThreads.run(tasks, worker, body, interruption);
  }

  @Override
  public void close() {
    scratch.forEach(memory::giveBack);
    memory.count(-heapBytes);
  }

  private static List<Tensor> tensors(@Nullable INDArray[] arrays) {
    return Stream.of(arrays)
        .map(
            array -> {
              // SlotGraph admits floating point inputs only, and those all have a gradient.
              return (Tensor) new HostTensor(Objects.requireNonNull(array));
            })
        .toList();
  }
}
