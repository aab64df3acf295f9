package dev.saccade.plugins.baselines;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * softmax(QKᵀ·scale)·V in tiles, on the CPU.
 *
 * <pre>
 *   query    [B, H, T, D]                        context  [B, H, T, D]
 *   key      [B, K, S, D]    K divides H         logSum   [B, H, T]  log Σ exp(logit), −∞ for none
 *   value    [B, K, S, D]
 *   real     [B, S]          optional; 0 hides a key
 * </pre>
 *
 * <p>A task is some queries of one head or, for the gradients of keys and values, a tile of keys of
 * one key head. So no two tasks write to one place, and the result does not depend on the number of
 * threads.
 */
final class FlashKernel implements AttentionKernel {

  static final String OPERATION = "flash";
  static final String SCALE = "scale";
  static final String CAUSAL = "causal";
  static final int CONTEXT = 0;
  private static final int LOG_SUM = 1;

  private static final int QUERY = 0;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int REAL = 3;

  /** Queries of one task; many enough for a tile of keys to be read once for all of them. */
  private static final int QUERIES = 32;

  @Override
  public String operation() {
    return OPERATION;
  }

  @Override
  public String name() {
    return "plain";
  }

  @Override
  public int outputs() {
    return 2;
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    List<String> reasons = new ArrayList<>();
    if (device.kind() != Device.Kind.CPU) {
      reasons.add("it runs on the CPU, not on " + device.kind());
    }
    ElementType type = request.elementType();
    if (type != ElementType.F32 && type != ElementType.F64) {
      reasons.add("it takes F32 and F64, not " + type);
    }
    for (Shape input : request.inputs()) {
      if (input.elements() > Integer.MAX_VALUE / type.bytes()) {
        reasons.add("it takes tensors of up to 2 GiB, not " + type + " " + input);
      }
    }
    return Support.unless(reasons);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    FlashSize size = FlashSize.of(request.inputs());
    return List.of(
        Shape.of(size.batch(), size.heads(), size.queries(), size.headSize()),
        Shape.of(size.batch(), size.heads(), size.queries()));
  }

  @Override
  public void forward(KernelCall call) {
    FlashForward forward = forwardOf(call);
    inQueryBlocks(call, forward.size(), forward::run);
  }

  @Override
  public void backward(KernelGradientCall call) {
    FlashForward forward = forwardOf(call);
    FlashSize size = forward.size();
    List<Tensor> gradients = call.inputGradients();
    FlashBackward backward =
        new FlashBackward(
            forward,
            Numbers.of(call.outputGradients().get(CONTEXT)),
            Numbers.of(gradients.get(QUERY)),
            Numbers.of(gradients.get(KEY)),
            Numbers.of(gradients.get(VALUE)));
    inQueryBlocks(call, size, backward::queries);
    inBlocks(call, size.batch() * size.kvHeads(), size.keys(), KeyTile.KEYS, backward::keys);
    if (gradients.size() > REAL) {
      int count = size.batch() * size.keys();
      Numbers.of(gradients.get(REAL)).write(0, new double[count], count);
    }
  }

  private static FlashForward forwardOf(KernelCall call) {
    List<Tensor> inputs = call.inputs();
    return new FlashForward(
        FlashSize.of(inputs.stream().map(Tensor::shape).toList()),
        call.arguments().decimal(SCALE),
        call.arguments().flag(CAUSAL),
        Numbers.of(inputs.get(QUERY)),
        Numbers.of(inputs.get(KEY)),
        Numbers.of(inputs.get(VALUE)),
        inputs.size() > REAL ? Numbers.of(inputs.get(REAL)) : null,
        Numbers.of(call.outputs().get(CONTEXT)),
        Numbers.of(call.outputs().get(LOG_SUM)));
  }

  /** The work on some positions, {@code from} … {@code to} − 1, of one head. */
  private interface Work {
    void run(int head, int from, int to);
  }

  private static void inQueryBlocks(KernelCall call, FlashSize size, Work work) {
    inBlocks(call, size.batch() * size.heads(), size.queries(), QUERIES, work);
  }

  private static void inBlocks(KernelCall call, int heads, int positions, int block, Work work) {
    int blocks = (positions + block - 1) / block;
    call.parallel(
        Math.multiplyExact(heads, blocks),
        task -> {
          int from = task % blocks * block;
          work.run(task / blocks, from, Math.min(from + block, positions));
        });
  }
}
