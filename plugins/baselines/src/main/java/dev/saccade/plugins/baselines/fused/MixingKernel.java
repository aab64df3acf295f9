package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import java.util.List;
import java.util.Locale;

/**
 * Kernelised attention by running sums, features included, in float32 on the CPU.
 *
 * <pre>
 *   query    [B, H, T, D]                        context  [B, H, T, D]
 *   key      [B, H, S, D]                        divisor  [B, H, T]    see {@link Mixing}
 *   value    [B, H, S, D]
 *   what the feature map needs: a projection [F, D], or angles [B or 1, 1, T, 1] and of S; constant
 *   real     [B, S]          optional; 0 hides a key
 * </pre>
 *
 * <p>Takes no memory beyond the outputs but what its threads work in, which does not grow with the
 * length. What is constant gets a gradient of zero. A task is a head, so the result does not depend
 * on the number of threads.
 */
final class MixingKernel implements AttentionKernel {

  static final String OPERATION = "mixing";

  static final int CONTEXT = 0;
  static final int DIVISOR = 1;

  static final int QUERY = 0;
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int FIRST_OF_MAP = 3;

  private final Arithmetic arithmetic;

  MixingKernel(Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
  }

  @Override
  public String operation() {
    return OPERATION;
  }

  @Override
  public String name() {
    return arithmetic.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int outputs() {
    return 2;
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    return HostFloats.check(request, device, arithmetic);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    AttentionSize size = Mixing.of(request.arguments()).size(request.inputs());
    return List.of(
        Shape.of(size.batch(), size.heads(), size.queries(), size.headSize()),
        Shape.of(size.batch(), size.heads(), size.queries()));
  }

  @Override
  public void forward(KernelCall kernelCall) {
    MixingCall call = new MixingCall(kernelCall, arithmetic);
    kernelCall.parallel(tasks(call), () -> new MixingForward(call), MixingForward::run);
  }

  @Override
  public void backward(KernelGradientCall kernelCall) {
    MixingCall call = new MixingCall(kernelCall, arithmetic);
    kernelCall.parallel(
        tasks(call), () -> new MixingBackward(call, kernelCall), MixingBackward::run);
    kernelCall.inputGradients().stream().skip(FIRST_OF_MAP).forEach(HeadRows::clear);
  }

  private static int tasks(MixingCall call) {
    return call.size().batch() * call.size().heads();
  }
}
