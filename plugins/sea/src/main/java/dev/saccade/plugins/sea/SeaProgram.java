package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceProgram;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.Gpu;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * Causal SEA on a GPU, linear in time and memory: {@link SeaStages} one after the other on one
 * stream, and {@link SeaBackStages} on the way back, which reads nothing that the way forward
 * wrote. Inputs are those of {@link SeaInputs}; query, key, value, context and their gradients are
 * all F32, F16 or BF16, everything else is F32.
 */
final class SeaProgram implements DeviceProgram {

  /** What a warp holds of a row in registers. */
  private static final int WIDEST_HEAD = 256;

  /** Blocks along the second and third axis of a grid. */
  private static final int MOST_BLOCKS = 65_535;

  private final long featureBytes;

  SeaProgram() {
    this(SeaScratch.FEATURE_BYTES);
  }

  /**
   * @param featureBytes what features of the heads that are computed at once may take
   */
  SeaProgram(long featureBytes) {
    this.featureBytes = featureBytes;
  }

  @Override
  public String operation() {
    return SeaKernel.OPERATION;
  }

  @Override
  public int outputs() {
    return 1;
  }

  @Override
  public Support check(KernelRequest request, Gpu gpu) {
    List<String> reasons = new ArrayList<>();
    SeaOptions options = SeaOptions.from(request.arguments());
    if (!request.arguments().flag(SeaOptions.CAUSAL)) {
      reasons.add("it computes causal attention only");
    }
    if (request.elementType() == ElementType.F64) {
      reasons.add("it takes F32, F16 or BF16, not " + request.elementType());
    }
    SeaSize size = SeaRun.size(request, options);
    if (size.headSize() > WIDEST_HEAD) {
      reasons.add("D must be at most %d but is %d".formatted(WIDEST_HEAD, size.headSize()));
    }
    if (request.inputs().get(SeaInputs.QUERY).elements() == 0) {
      reasons.add("there is nothing to compute: " + request.inputs());
    }
    long heads = (long) size.batch() * size.heads();
    if (heads > MOST_BLOCKS || SeaStages.chunks(size) > MOST_BLOCKS) {
      reasons.add(
          "B·H and T/%d must be at most %d but B=%d, H=%d, T=%d"
              .formatted(SeaStages.CHUNK, MOST_BLOCKS, size.batch(), size.heads(), size.length()));
    }
    long rows = heads * size.rows() * Math.max(1, 2L * size.stripWidth());
    if (rows > Integer.MAX_VALUE) {
      reasons.add("the picture, B·2H·T·M/4 pixels, must be below 2³¹ but has %d".formatted(rows));
    }
    if (SeaStages.sharedBytes(size) > gpu.sharedMemoryPerBlock()) {
      reasons.add(
          "H·M = %d·%d needs %d bytes of shared memory a block, and %s has %d"
              .formatted(
                  size.heads(),
                  size.width(),
                  SeaStages.sharedBytes(size),
                  gpu.name(),
                  gpu.sharedMemoryPerBlock()));
    }
    return Support.unless(reasons);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    inputs(request).check(request);
    return List.of(request.inputs().get(SeaInputs.QUERY));
  }

  private static SeaInputs inputs(KernelRequest request) {
    return SeaInputs.of(request, SeaOptions.from(request.arguments()));
  }

  @Override
  public long scratchBytes(KernelRequest request, Pass pass) {
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    boolean padded = inputs(request).real().isPresent();
    return switch (pass) {
      case FORWARD -> SeaScratch.at(0, size, padded, featureBytes).bytes();
      case BACKWARD ->
          SeaBackScratch.at(0, size, padded, request.elementType(), featureBytes).bytes();
    };
  }

  @Override
  public void run(Pass pass, DeviceCall call, GpuSession session, GpuStream stream) {
    DeviceTensor query = call.inputs().get(SeaInputs.QUERY);
    KernelRequest request =
        new KernelRequest(
            call.inputs().stream().map(DeviceTensor::shape).toList(),
            query.elementType(),
            call.arguments());
    SeaInputs inputs = inputs(request);
    inputs.check(request);
    requireTypes("input", call.inputs(), query.elementType());
    for (DeviceTensor context : contexts(pass, call)) {
      requireContextType(context, query.elementType());
    }
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    boolean padded = inputs.real().isPresent();
    switch (pass) {
      case FORWARD -> {
        SeaScratch scratch = SeaScratch.at(call.scratch(), size, padded, featureBytes);
        new SeaStages(call, inputs, size, scratch, session, stream).all();
      }
      case BACKWARD -> {
        requireTypes("gradient", call.inputGradients(), query.elementType());
        SeaBackScratch scratch =
            SeaBackScratch.at(call.scratch(), size, padded, query.elementType(), featureBytes);
        new SeaBackStages(call, inputs, size, scratch, session, stream).all();
      }
    }
  }

  /** The way back reads no context, but its gradient. */
  private static List<DeviceTensor> contexts(Pass pass, DeviceCall call) {
    return pass == Pass.FORWARD ? call.outputs() : call.outputGradients();
  }

  private static void requireTypes(String what, List<DeviceTensor> inputs, ElementType stored) {
    for (int input = 0; input < inputs.size(); input++) {
      ElementType expected = input <= SeaInputs.VALUE ? stored : ElementType.F32;
      ElementType type = inputs.get(input).elementType();
      if (type != expected) {
        throw new IllegalArgumentException(
            "%s %d of SEA must be %s but is %s".formatted(what, input, expected, type));
      }
    }
  }

  private static void requireContextType(DeviceTensor context, ElementType stored) {
    if (context.elementType() != stored) {
      throw new IllegalArgumentException(
          "the context must be %s, as the query, but is %s"
              .formatted(stored, context.elementType()));
    }
  }
}
