package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * softmax(QKᵀ·scale)·V, exact, in tiles and without a matrix of weights ({@code flash.cu}).
 *
 * <pre>
 *   query    [B, H, T, D]                        context   [B, H, T, D]
 *   key      [B, K, S, D]    K divides H         greatest  [B, H, T]  logit, F32
 *   value    [B, K, S, D]                        share     [B, H, T]  1/Σ exp(logit − greatest), F32
 *   real     [B, S]          F32, optional; 0 hides a key; takes no gradient
 * </pre>
 *
 * <p>Query, key, value, context and gradients are F32, F16 or BF16, all of one type; sums are F32.
 * Greatest and share are zero for a query that sees no key; the way back needs both, and takes no
 * gradients at them. Every sum has one order: equal inputs give equal bits.
 */
public final class FlashProgram implements DeviceProgram {

  private static final String MODULE = "flash";

  /** Head sizes that kernels are compiled for; others use the next. */
  private static final List<Integer> CAPACITIES = List.of(64, 128);

  private static final int CONTEXT = 0;
  private static final int GREATEST = 1;
  private static final int SHARE = 2;

  /** Of queries on the way forward, with the threads for it; of keys, and of queries, elsewhere. */
  private static final int WIDE_TILE = 64;

  private static final int TILE = 32;

  /** Numbers between rows of a tile, so that the rows of eight threads lie in different banks. */
  private static final int GAP = 4;

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
    int widest = CAPACITIES.get(CAPACITIES.size() - 1);
    if (size.headSize() > widest) {
      reasons.add("D must be at most %d but is %d".formatted(widest, size.headSize()));
    } else if (backwardShared(capacity(size)) > gpu.sharedMemoryPerBlock()) {
      reasons.add(
          "D=%d needs %d bytes of shared memory a block, and %s has %d"
              .formatted(
                  size.headSize(),
                  backwardShared(capacity(size)),
                  gpu.name(),
                  gpu.sharedMemoryPerBlock()));
    }
    return Support.unless(reasons);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    AttentionSize size = AttentionSize.of(request.inputs(), request.arguments());
    return List.of(size.queryShape(), size.rowShape(), size.rowShape());
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

  private static void forward(ExactCall call, GpuSession session, GpuStream stream) {
    AttentionSize size = call.size();
    int capacity = capacity(size);
    int rows = WIDE_TILE + TILE;
    int shared = Float.BYTES * (rows * (capacity + GAP) + WIDE_TILE * (TILE + GAP));
    session
        .function(MODULE, "flashForward_" + suffix(call))
        .launch(
            stream,
            Grid.of(Grid.blocks(size.queries(), WIDE_TILE), size.heads(), size.batch(), 128)
                .withShared(shared),
            inputs(call)
                .address(call.output(CONTEXT))
                .address(call.output(GREATEST))
                .address(call.output(SHARE))
                .words(size.words()));
  }

  private static void backward(ExactCall call, GpuSession session, GpuStream stream) {
    AttentionSize size = call.size();
    int shared = backwardShared(capacity(size));
    long delta = call.call().scratch();
    session
        .function(MODULE, "flashDelta_" + AttentionSize.suffix(call.type()))
        .launch(
            stream,
            Grid.of(Grid.blocks(size.queries(), DELTA_ROWS), size.heads(), size.batch(), 128),
            new LaunchArguments()
                .address(call.output(CONTEXT))
                .address(call.gradient())
                .address(delta)
                .words(size.words()));
    session
        .function(MODULE, "flashQueryGradient_" + suffix(call))
        .launch(
            stream,
            Grid.of(Grid.blocks(size.queries(), TILE), size.heads(), size.batch(), 64)
                .withShared(shared),
            known(call, delta).address(call.inputGradient(ExactCall.QUERY)).words(size.words()));
    session
        .function(MODULE, "flashKeyGradients_" + suffix(call))
        .launch(
            stream,
            Grid.of(Grid.blocks(size.keys(), TILE), size.kvHeads(), size.batch(), 64)
                .withShared(shared),
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

  /** Four tiles, and two of weights. */
  private static int backwardShared(int capacity) {
    return Float.BYTES * (4 * TILE * (capacity + GAP) + 2 * TILE * (TILE + GAP));
  }

  private static int capacity(AttentionSize size) {
    return CAPACITIES.stream()
        .filter(capacity -> capacity >= size.headSize())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("D is too large: " + size));
  }

  private static String suffix(ExactCall call) {
    return AttentionSize.suffix(call.type()) + "_" + capacity(call.size());
  }
}
