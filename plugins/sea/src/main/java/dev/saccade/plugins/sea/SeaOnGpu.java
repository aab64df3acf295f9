package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.CudaKernel;
import java.util.List;

/**
 * SEA on a GPU: {@link SeaProgram} forward, and {@link SeaKernel} on the CPU back. Nothing but the
 * inputs goes from one way to the other, and each makes its own choice of columns from them; they
 * are the same but for ties that rounding breaks.
 */
final class SeaOnGpu implements AttentionKernel {

  private final AttentionKernel forward = new CudaKernel(new SeaProgram());

  /** The fastest that could run what was asked for last; all of them run the same way back. */
  private volatile AttentionKernel back = slowest();

  private static AttentionKernel slowest() {
    List<AttentionKernel> all = SeaKernel.fastestFirst();
    return all.get(all.size() - 1);
  }

  @Override
  public String operation() {
    return forward.operation();
  }

  @Override
  public String name() {
    return forward.name();
  }

  @Override
  public int outputs() {
    return forward.outputs();
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    SeaKernel.fastestFirst().stream()
        .filter(kernel -> kernel.check(request, device).isYes())
        .findFirst()
        .ifPresent(kernel -> back = kernel);
    return forward.check(request, device);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    return forward.outputShapes(request);
  }

  @Override
  public void forward(KernelCall call) {
    forward.forward(call);
  }

  @Override
  public void backward(KernelGradientCall call) {
    back.backward(call);
  }

  @Override
  public void close() {
    forward.close();
  }
}
