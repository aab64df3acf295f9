package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A run of SEA's program as an embedder makes it: stream, tensors and scratch are his. */
public final class ResidentSea {

  private final List<double[]> numbers;
  private final KernelRequest request;
  private final List<double[]> after = new ArrayList<>();

  private ResidentSea(List<double[]> numbers, KernelRequest request) {
    this.numbers = numbers;
    this.request = request;
  }

  /** Of these numbers, one array an input. */
  public static ResidentSea of(List<double[]> numbers, KernelRequest request) {
    return new ResidentSea(numbers, request);
  }

  /** Returns the context. */
  public double[] run(DeviceProgram program) {
    Gpu gpu = CudaDriver.look().gpus().get(0);
    assertThat(program.check(request, gpu).reasons()).isEmpty();
    try (GpuSession session = GpuSession.open(gpu);
        GpuSession.Entered entered = session.enter();
        GpuTensors tensors = new GpuTensors()) {
      CUstream stream = new CUstream();
      JCudaDriver.cuStreamCreate(stream, 0);
      List<DeviceTensor> inputs = new ArrayList<>();
      for (int i = 0; i < numbers.size(); i++) {
        inputs.add(tensors.of(numbers.get(i), request.inputs().get(i), request.elementType()));
      }
      Shape shape = program.outputShapes(request).get(0);
      DeviceTensor context = tensors.empty(shape, request.elementType());
      long scratch = tensors.bytes(program.scratchBytes(request, Pass.FORWARD));
      GpuStream asked = GpuStream.of(stream);
      List<String> launched = new ArrayList<>();
      asked.onLaunch(launched::add);
      try (GpuEvent begin = GpuEvent.create();
          GpuEvent end = GpuEvent.create()) {
        begin.record(asked);
        program.run(
            Pass.FORWARD,
            DeviceCall.forward(request.arguments(), inputs, List.of(context), scratch),
            session,
            asked);
        end.record(asked);
        end.await();
        assertThat(end.millisSince(begin)).isPositive();
      }
      assertThat(session.arena().bytes()).as("memory of the session's own").isZero();
      assertThat(launched).startsWith("seaValueSums_float").contains("seaCut");
      inputs.forEach(input -> after.add(GpuTensors.read(input)));
      double[] computed = GpuTensors.read(context);
      JCudaDriver.cuStreamDestroy(stream);
      return computed;
    }
  }

  public List<double[]> inputsBefore() {
    return numbers;
  }

  public List<double[]> inputsAfter() {
    return after;
  }
}
