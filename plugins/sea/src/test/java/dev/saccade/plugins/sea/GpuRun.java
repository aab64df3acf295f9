package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.CudaDriver;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuTensors;
import dev.saccade.plugins.sea.cuda.Pass;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer's way forward as an embedder runs it, with every tensor an allocation of its own on the
 * GPU, and {@link SeaProbes} of it.
 */
final class GpuRun implements AutoCloseable {

  private final GpuSession session = GpuSession.open(CudaDriver.look().gpus().get(0));
  private final GpuSession.Entered entered = session.enter();
  private final GpuTensors tensors = new GpuTensors();
  private final SeaProbes probes;

  /**
   * @param stored how queries, keys, values and the context are stored
   */
  GpuRun(InstalledLayer layer, ElementType stored) {
    SeaProgram program = new SeaProgram();
    KernelArguments arguments =
        SeaOptions.from(layer.slot().options()).arguments(layer.slot().spec().masking().causal());
    List<DeviceTensor> inputs = new ArrayList<>();
    for (String name : List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)) {
      inputs.add(upload(layer.input(name), stored));
    }
    int kept = layer.slot().options().get(SeaOptions.KEPT);
    inputs.add(tensors.of(new double[] {kept}, Shape.of(), ElementType.F32));
    for (Parameter parameter : layer.slot().layer().parameters()) {
      INDArray value = Objects.requireNonNull(layer.slot().parameters().get(parameter.name()));
      inputs.add(upload(value, ElementType.F32));
    }
    if (layer.inputs().containsKey(SingleLayer.REAL)) {
      inputs.add(upload(layer.input(SingleLayer.REAL), ElementType.F32));
    }
    KernelRequest request =
        new KernelRequest(inputs.stream().map(DeviceTensor::shape).toList(), stored, arguments);
    DeviceTensor context = tensors.empty(inputs.get(0).shape(), stored);
    long scratch = tensors.bytes(program.scratchBytes(request, Pass.FORWARD));
    DeviceCall call = DeviceCall.forward(arguments, inputs, List.of(context), scratch);
    program.run(Pass.FORWARD, call, session, session.stream());
    probes = SeaProbes.of(call, session, session.stream());
  }

  private DeviceTensor upload(INDArray array, ElementType type) {
    double[] numbers = array.dup('c').data().asDouble();
    return tensors.of(numbers, Shape.of(array.shape()), type);
  }

  /** Lists that an embedder keeps on the GPU, read for the test. */
  SparseRows kept() {
    DeviceTensor pointers = raw(probes.rowPointerBytes());
    probes.count(pointers.address(), tensors.bytes(probes.sumBytes()));
    int entries = Math.toIntExact(probes.entries(pointers.address()));
    SparseRows downloaded = probes.download();
    if (entries != downloaded.columns().length) {
      throw new AssertionError(entries + " keys, and downloaded " + downloaded.columns().length);
    }
    if (entries > 0) {
      // Each list ends where its allocation does.
      probes.list(
          pointers.address(),
          tensors.bytes((long) entries * Integer.BYTES),
          tensors.bytes((long) entries * Float.BYTES));
      session.stream().await();
    }
    return downloaded;
  }

  /** Of 4 bytes each. */
  private DeviceTensor raw(long bytes) {
    return tensors.empty(Shape.of(bytes / Float.BYTES), ElementType.F32);
  }

  /** {@code [B, H, T, M]}. */
  double[] estimate() {
    DeviceTensor estimate = tensors.empty(probes.estimateShape(), ElementType.F32);
    probes.estimate(estimate.address());
    session.stream().await();
    return GpuTensors.read(estimate);
  }

  @Override
  public void close() {
    tensors.close();
    entered.close();
    session.close();
  }
}
