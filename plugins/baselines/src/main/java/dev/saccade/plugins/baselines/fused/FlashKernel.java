package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * softmax(QKᵀ·scale)·V over the keys in {@link Sight}, in tiles, in float32 on the CPU.
 *
 * <pre>
 *   query    [B, H, T, D]                        context   [B, H, T, D]
 *   key      [B, K, S, D]    K divides H         greatest  [B, H, T]  logit
 *   value    [B, K, S, D]                        share     [B, H, T]  1/Σ exp(logit − greatest)
 *   real     [B, S]          optional; 0 hides a key; takes no gradient
 * </pre>
 *
 * <p>Greatest and share are zero for a query that sees no key. The two are kept, rather than one
 * logarithm of the sum, because the way back then finds the very weights of the way forward.
 *
 * <p>No two tasks write to one place and every sum has one order, so the result does not depend on
 * the number of threads.
 */
public final class FlashKernel implements AttentionKernel {

  static final String OPERATION = "flash";
  static final String SCALE = "scale";

  static final int CONTEXT = 0;
  static final int GREATEST = 1;
  static final int SHARE = 2;

  static final int QUERY = 0;
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int REAL = 3;

  private final Arithmetic arithmetic;

  private FlashKernel(Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
  }

  /** Returns the kernels that a mechanism needs for {@link #context}, fastest first. */
  public static List<AttentionKernel> fastestFirst() {
    return List.of(new FlashKernel(Arithmetic.SIMD), new FlashKernel(Arithmetic.PLAIN));
  }

  /**
   * Adds the operation to a layer's graph if a kernel will run it.
   *
   * @param query {@code [B, H, T, D]}
   * @param key {@code [B, K, S, D]}
   * @param value {@code [B, K, S, D]}
   * @return the context, {@code [B, H, T, D]}; empty if the layer should add its recipe
   */
  public static Optional<SDVariable> context(
      LayerGraph graph,
      Sight sight,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      AttentionMask mask) {
    KernelArguments arguments =
        sight.addTo(KernelArguments.none().with(SCALE, graph.spec().scale()));
    long headSize = graph.spec().headSize();
    Shape asking = Shape.of(graph.batch(), graph.spec().heads(), graph.queries(), headSize);
    Shape asked = Shape.of(graph.batch(), graph.spec().kvHeads(), graph.keys(), headSize);
    List<SDVariable> inputs = new ArrayList<>(List.of(query, key, value));
    List<Shape> shapes = new ArrayList<>(List.of(asking, asked, asked));
    mask.keys()
        .ifPresent(
            real -> {
              inputs.add(real);
              shapes.add(Shape.of(graph.batch(), graph.keys()));
            });
    if (!graph.fuses(OPERATION, arguments, shapes.toArray(Shape[]::new)).isYes()) {
      return Optional.empty();
    }
    List<SDVariable> outputs =
        graph.kernel(OPERATION, arguments, inputs.toArray(SDVariable[]::new));
    return Optional.of(outputs.get(CONTEXT));
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
    return 3;
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    return HostFloats.check(request, device, arithmetic);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    AttentionSize size = AttentionSize.of(request.inputs());
    request.inputs().stream().skip(REAL).forEach(size::requireReal);
    Shape perQuery = Shape.of(size.batch(), size.heads(), size.queries());
    return List.of(
        Shape.of(size.batch(), size.heads(), size.queries(), size.headSize()), perQuery, perQuery);
  }

  @Override
  public void forward(KernelCall kernelCall) {
    FlashCall call = FlashCall.of(kernelCall, arithmetic);
    kernelCall.parallel(
        FlashForward.tasks(call.size()), () -> new FlashForward(call), FlashForward::run);
  }

  @Override
  public void backward(KernelGradientCall kernelCall) {
    FlashCall call = FlashCall.of(kernelCall, arithmetic);
    kernelCall.parallel(
        FlashBackward.tasks(call.size()),
        () -> new FlashBackward(call, kernelCall),
        FlashBackward::run);
    kernelCall.inputGradients().stream().skip(REAL).forEach(HeadRows::clear);
  }
}
