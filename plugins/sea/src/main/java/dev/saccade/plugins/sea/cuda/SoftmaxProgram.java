package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelRequest;
import java.util.List;

/**
 * softmax(QKᵀ·scale)·V by the plain formula ({@code softmax.cu}): every step a kernel, all weights
 * in memory. Inputs and arguments are those of {@link FlashProgram}; the context is the only
 * output.
 */
public final class SoftmaxProgram implements DeviceProgram {

  private static final String MODULE = "softmax";
  private static final int THREADS = 128;

  @Override
  public String operation() {
    return "softmax";
  }

  @Override
  public int outputs() {
    return 1;
  }

  @Override
  public Support check(KernelRequest request, Gpu gpu) {
    return Support.unless(AttentionSize.reasonsAgainst(request));
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    return List.of(AttentionSize.of(request.inputs(), request.arguments()).queryShape());
  }

  @Override
  public long scratchBytes(KernelRequest request, Pass pass) {
    AttentionSize size = AttentionSize.of(request.inputs(), request.arguments());
    return matrixBytes(size) * (pass == Pass.FORWARD ? 1 : 2);
  }

  /** Of the logits, and of what they become. */
  private static long matrixBytes(AttentionSize size) {
    return Math.multiplyExact(size.rowShape().elements() * Float.BYTES, (long) size.keys());
  }

  @Override
  public void run(Pass pass, DeviceCall deviceCall, GpuSession session, GpuStream stream) {
    ExactCall call = ExactCall.of(deviceCall);
    AttentionSize size = call.size();
    Steps steps = new Steps(session, stream, size, AttentionSize.suffix(call.type()));
    long weights = deviceCall.scratch();
    int tiles = Grid.blocks(size.keys(), THREADS);
    steps.typed(
        "softmaxLogits", size.queries(), tiles, call.query(), call.key(), call.real(), weights);
    steps.plain("softmaxRows", weights);
    if (pass == Pass.FORWARD) {
      steps.typed("softmaxContext", size.queries(), 1, weights, call.value(), call.output(0));
      return;
    }
    long slopes = weights + matrixBytes(size);
    steps.typed("softmaxSlopes", size.queries(), tiles, call.gradient(), call.value(), slopes);
    steps.plain("softmaxRowSlopes", weights, slopes);
    steps.typed(
        "softmaxQueryGradient",
        size.queries(),
        1,
        slopes,
        call.key(),
        call.inputGradient(ExactCall.QUERY));
    steps.ofKeys(
        "softmaxKeyGradients",
        weights,
        slopes,
        call.query(),
        call.gradient(),
        call.inputGradient(ExactCall.KEY),
        call.inputGradient(ExactCall.VALUE));
    call.clearRest(stream);
  }

  /** Launches kernels whose parameters are addresses and the size. */
  private record Steps(GpuSession session, GpuStream stream, AttentionSize size, String suffix) {

    void typed(String kernel, int x, int y, long... addresses) {
      launch(kernel + "_" + suffix, Grid.of(x, y, headsOfAll(), THREADS), addresses);
    }

    void ofKeys(String kernel, long... addresses) {
      int kvHeads = size.batch() * size.kvHeads();
      launch(kernel + "_" + suffix, Grid.of(size.keys(), 1, kvHeads, THREADS), addresses);
    }

    void plain(String kernel, long... addresses) {
      launch(kernel, Grid.of(size.queries(), 1, headsOfAll(), THREADS), addresses);
    }

    private int headsOfAll() {
      return size.batch() * size.heads();
    }

    private void launch(String kernel, Grid grid, long... addresses) {
      LaunchArguments arguments = new LaunchArguments();
      for (long address : addresses) {
        arguments.address(address);
      }
      session.function(MODULE, kernel).launch(stream, grid, arguments.words(size.words()));
    }
  }
}
