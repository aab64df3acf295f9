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
 * SEA on a GPU, forward, linear in time and memory: {@link SeaStages} or, without a causal mask,
 * {@link SeaAroundStages}, one after the other on one stream. Inputs are those of {@link
 * SeaInputs}; query, key, value and context are all F32, F16 or BF16, everything else is F32.
 */
final class SeaProgram implements DeviceProgram {

  /** What a warp holds of a row in registers. */
  private static final int WIDEST_HEAD = 256;

  /** Blocks along the second and third axis of a grid. */
  private static final int MOST_BLOCKS = 65_535;

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
    long pixels = heads * size.rows() * Math.max(1, size.strips().perHead() * size.stripWidth());
    if (pixels > Integer.MAX_VALUE) {
      reasons.add(
          "the picture, %d strips a head of %d·%d pixels, must be below 2³¹ but has %d"
              .formatted(size.strips().perHead(), size.rows(), size.stripWidth(), pixels));
    }
    long shared = isCausal(request) ? SeaStages.sharedBytes(size) : SeaStages.bytesToCut(size);
    if (shared > gpu.sharedMemoryPerBlock()) {
      reasons.add(
          "H·M = %d·%d needs %d bytes of shared memory a block, and %s has %d"
              .formatted(
                  size.heads(), size.width(), shared, gpu.name(), gpu.sharedMemoryPerBlock()));
    }
    return Support.unless(reasons);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    inputs(request).check(request);
    return List.of(request.inputs().get(SeaInputs.QUERY));
  }

  private static boolean isCausal(KernelRequest request) {
    return request.arguments().flag(SeaOptions.CAUSAL);
  }

  private static SeaInputs inputs(KernelRequest request) {
    return SeaInputs.of(request, SeaOptions.from(request.arguments()));
  }

  @Override
  public long scratchBytes(KernelRequest request, Pass pass) {
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    boolean padded = inputs(request).real().isPresent();
    return isCausal(request)
        ? SeaScratch.at(0, size, padded).bytes()
        : SeaAroundScratch.at(0, size, padded).bytes();
  }

  @Override
  public void run(Pass pass, DeviceCall call, GpuSession session, GpuStream stream) {
    if (pass != Pass.FORWARD) {
      throw new IllegalArgumentException("SEA goes forward only on a GPU, not " + pass);
    }
    DeviceTensor query = call.inputs().get(SeaInputs.QUERY);
    KernelRequest request =
        new KernelRequest(
            call.inputs().stream().map(DeviceTensor::shape).toList(),
            query.elementType(),
            call.arguments());
    SeaInputs inputs = inputs(request);
    inputs.check(request);
    requireTypes(call, query.elementType());
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    boolean padded = inputs.real().isPresent();
    SeaStages stages =
        isCausal(request)
            ? new SeaStages(
                call, inputs, size, SeaScratch.at(call.scratch(), size, padded), session, stream)
            : new SeaAroundStages(
                call,
                inputs,
                size,
                SeaAroundScratch.at(call.scratch(), size, padded),
                session,
                stream);
    stages.all();
  }

  private static void requireTypes(DeviceCall call, ElementType stored) {
    for (int input = 0; input < call.inputs().size(); input++) {
      ElementType expected = input <= SeaInputs.VALUE ? stored : ElementType.F32;
      ElementType type = call.inputs().get(input).elementType();
      if (type != expected) {
        throw new IllegalArgumentException(
            "input %d of SEA must be %s but is %s".formatted(input, expected, type));
      }
    }
    ElementType type = call.outputs().get(0).elementType();
    if (type != stored) {
      throw new IllegalArgumentException(
          "the context must be %s, as the query, but is %s".formatted(stored, type));
    }
  }
}
