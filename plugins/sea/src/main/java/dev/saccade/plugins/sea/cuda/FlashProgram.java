package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * softmax(QKᵀ·scale)·V, exact, in tiles and without a matrix of weights ({@code flash.cu}; on
 * tensor cores, where numbers are stored in 16 bits and the GPU has them, {@code flash_tensor.cu}).
 *
 * <pre>
 *   query    [B, H, T, D]                        context   [B, H, T, D]
 *   key      [B, K, S, D]    K divides H         greatest  [B, H, T]  logit, F32
 *   value    [B, K, S, D]                        share     [B, H, T]  1/Σ exp(logit − greatest), F32
 *   real     [B, S]          F32, optional; 0 hides a key; takes no gradient
 * </pre>
 *
 * <p>Query, key, value, context and gradients are F32, F16 or BF16, all of one type; sums are F32.
 * D is at most 128, or 256 on tensor cores that have 132 KiB of shared memory beside them (compute
 * capability 8.0 and 9.0).
 *
 * <p>Greatest and share are zero for a query that sees no key; the way back needs both, and takes
 * no gradients at them. Every sum has one order: equal inputs give equal bits.
 */
public final class FlashProgram implements DeviceProgram {

  private static final int CONTEXT = 0;
  private static final int GREATEST = 1;
  private static final int SHARE = 2;

  private static final int THREADS = 128;

  /** Of a block that finds what the slopes of a query have in common. */
  private static final int DELTA_ROWS = 4;

  /** What the kernels are told besides tensors. */
  public static KernelArguments arguments(double scale, boolean causal) {
    return KernelArguments.none()
        .with(AttentionSize.SCALE, scale)
        .with(AttentionSize.CAUSAL, causal);
  }

  @Override
  public String operation() {
    return "flash";
  }

  @Override
  public int outputs() {
    return 3;
  }

  @Override
  public Support check(KernelRequest request, Gpu gpu) {
    List<String> reasons = new ArrayList<>(AttentionSize.reasonsAgainst(request));
    AttentionSize size = AttentionSize.of(request.inputs(), request.arguments());
    if (reasons.isEmpty()) {
      reasons.addAll(reasonsAgainst(size.headSize(), request.elementType(), gpu));
    }
    return Support.unless(reasons);
  }

  private static List<String> reasonsAgainst(int headSize, ElementType type, Gpu gpu) {
    int widest = FlashPlan.widest(type, gpu);
    if (headSize > widest) {
      String others =
          widest == FlashPlan.WIDEST || type == ElementType.F32
              ? ""
              : "; GPUs of compute capability 8.0 or newer take %d in F16 and BF16"
                  .formatted(FlashPlan.WIDEST);
      return List.of("D must be at most %d but is %d%s".formatted(widest, headSize, others));
    }
    FlashPlan plan = FlashPlan.of(headSize, type, gpu);
    return plan.shared() <= gpu.sharedMemoryPerBlock()
        ? List.of()
        : List.of(
            "D=%d needs %d bytes of shared memory a block, and %s has %d"
                .formatted(headSize, plan.shared(), gpu.name(), gpu.sharedMemoryPerBlock()));
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    AttentionSize size = AttentionSize.of(request.inputs(), request.arguments());
    return List.of(size.queryShape(), size.rowShape(), size.rowShape());
  }

  @Override
  public ElementType outputType(KernelRequest request, int output) {
    return output == CONTEXT ? request.elementType() : ElementType.F32;
  }

  /** On the way back one number a query. */
  @Override
  public long scratchBytes(KernelRequest request, Pass pass) {
    AttentionSize size = AttentionSize.of(request.inputs(), request.arguments());
    return pass == Pass.FORWARD ? 0 : size.rowShape().elements() * Float.BYTES;
  }

  @Override
  public void run(Pass pass, DeviceCall deviceCall, GpuSession session, GpuStream stream) {
    ExactCall call = ExactCall.of(deviceCall);
    requireStatistics(deviceCall);
    switch (pass) {
      case FORWARD -> forward(call, session, stream);
      case BACKWARD -> backward(call, session, stream);
    }
  }

  private static void requireStatistics(DeviceCall call) {
    for (int output : List.of(GREATEST, SHARE)) {
      ElementType type = call.outputs().get(output).elementType();
      if (type != ElementType.F32) {
        throw new IllegalArgumentException("greatest and share must be F32 but are " + type);
      }
    }
  }

  private static FlashPlan plan(ExactCall call, GpuSession session) {
    return FlashPlan.of(call.size().headSize(), call.type(), session.gpu());
  }

  private static KernelFunction kernel(String name, ExactCall call, GpuSession session) {
    FlashPlan plan = plan(call, session);
    return session.function(
        plan.module(),
        plan.prefix()
            + "%s_%s_%d".formatted(name, AttentionSize.suffix(call.type()), plan.capacity()));
  }

  private static void forward(ExactCall call, GpuSession session, GpuStream stream) {
    AttentionSize size = call.size();
    FlashPlan plan = plan(call, session);
    kernel("Forward", call, session)
        .launch(
            stream,
            Grid.of(
                    Grid.blocks(size.queries(), plan.forwardRows()),
                    size.heads(),
                    size.batch(),
                    THREADS)
                .withShared(plan.forwardShared()),
            inputs(call)
                .address(call.output(CONTEXT))
                .address(call.output(GREATEST))
                .address(call.output(SHARE))
                .words(size.words()));
  }

  private static void backward(ExactCall call, GpuSession session, GpuStream stream) {
    AttentionSize size = call.size();
    FlashPlan plan = plan(call, session);
    long delta = call.call().scratch();
    session
        .function("flash", "flashDelta_" + AttentionSize.suffix(call.type()))
        .launch(
            stream,
            Grid.of(Grid.blocks(size.queries(), DELTA_ROWS), size.heads(), size.batch(), THREADS),
            new LaunchArguments()
                .address(call.output(CONTEXT))
                .address(call.gradient())
                .address(delta)
                .words(size.words()));
    kernel("QueryGradient", call, session)
        .launch(
            stream,
            Grid.of(
                    Grid.blocks(size.queries(), plan.backwardRows()),
                    size.heads(),
                    size.batch(),
                    plan.backwardThreads())
                .withShared(plan.backwardShared()),
            known(call, delta).address(call.inputGradient(ExactCall.QUERY)).words(size.words()));
    kernel("KeyGradients", call, session)
        .launch(
            stream,
            Grid.of(
                    Grid.blocks(size.keys(), plan.backwardRows()) * plan.keyParts(),
                    size.kvHeads(),
                    size.batch(),
                    plan.backwardThreads())
                .withShared(plan.backwardShared()),
            known(call, delta)
                .address(call.inputGradient(ExactCall.KEY))
                .address(call.inputGradient(ExactCall.VALUE))
                .words(size.words()));
    call.clearRest(stream);
  }

  private static LaunchArguments inputs(ExactCall call) {
    return new LaunchArguments()
        .address(call.query())
        .address(call.key())
        .address(call.value())
        .address(call.real());
  }

  private static LaunchArguments known(ExactCall call, long delta) {
    return inputs(call)
        .address(call.gradient())
        .address(call.output(GREATEST))
        .address(call.output(SHARE))
        .address(delta);
  }
}
