package dev.saccade.conformance;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Another kernel that remembers how often it ran and why it would not. Used by one thread. */
final class WatchedKernel implements AttentionKernel {

  private final AttentionKernel kernel;
  private final Set<String> refusals = new LinkedHashSet<>();
  private int runs;

  WatchedKernel(AttentionKernel kernel) {
    this.kernel = kernel;
  }

  /** Every reason that it gave against a request. */
  Set<String> refusals() {
    return refusals;
  }

  int runs() {
    return runs;
  }

  @Override
  public String operation() {
    return kernel.operation();
  }

  @Override
  public String name() {
    return kernel.name();
  }

  @Override
  public int outputs() {
    return kernel.outputs();
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    Support support = kernel.check(request, device);
    refusals.addAll(support.reasons());
    return support;
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    return kernel.outputShapes(request);
  }

  @Override
  public void forward(KernelCall call) {
    runs++;
    kernel.forward(call);
  }

  @Override
  public void backward(KernelGradientCall call) {
    runs++;
    kernel.backward(call);
  }

  @Override
  public void close() {
    kernel.close();
  }
}
