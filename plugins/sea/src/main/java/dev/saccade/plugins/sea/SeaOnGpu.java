package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.plugins.sea.cuda.CudaKernel;
import java.util.List;
import java.util.Objects;

/**
 * SEA on a GPU, there and back: {@link SeaProgram}. Nothing but the inputs goes from one way to the
 * other. The way back takes more memory; where a GPU has too little of it, {@link SeaKernel} goes
 * back on the CPU and the log says why. It then makes its own choice of columns, the same but for
 * ties that rounding breaks.
 */
final class SeaOnGpu implements AttentionKernel {

  private static final System.Logger LOG = System.getLogger(SeaOnGpu.class.getName());

  private final CudaKernel onGpu = new CudaKernel(new SeaProgram());

  /** The fastest on the CPU that could run what was asked for last. */
  private volatile AttentionKernel onCpu = slowest();

  /** Why the CPU went back last; empty if it did not. */
  private volatile List<String> reasons = List.of();

  private static AttentionKernel slowest() {
    List<AttentionKernel> all = SeaKernel.fastestFirst();
    return all.get(all.size() - 1);
  }

  @Override
  public String operation() {
    return onGpu.operation();
  }

  @Override
  public String name() {
    return onGpu.name();
  }

  @Override
  public int outputs() {
    return onGpu.outputs();
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    SeaKernel.fastestFirst().stream()
        .filter(kernel -> kernel.check(request, device).isYes())
        .findFirst()
        .ifPresent(kernel -> onCpu = kernel);
    return onGpu.check(request, device);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    return onGpu.outputShapes(request);
  }

  @Override
  public void forward(KernelCall call) {
    onGpu.forward(call);
  }

  @Override
  public void backward(KernelGradientCall call) {
    Tensor query = call.inputs().get(SeaInputs.QUERY);
    KernelRequest request =
        new KernelRequest(
            call.inputs().stream().map(Tensor::shape).toList(),
            call.inputs().stream().map(Tensor::elementType).toList(),
            query.elementType(),
            call.arguments());
    Support support = onGpu.checkBackward(request, query.device());
    if (support.isYes()) {
      onGpu.backward(call);
    } else {
      note(support.reasons());
      onCpu.backward(call);
    }
    reasons = support.reasons();
  }

  /** Once, until something else is the reason. */
  private void note(List<String> why) {
    if (!Objects.equals(why, reasons)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "gradients of SEA are computed on the CPU: {0}",
          String.join("; ", why));
    }
  }

  @Override
  public void close() {
    onGpu.close();
  }
}
