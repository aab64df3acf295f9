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
 * Causal SEA on a GPU, forward, linear in time and memory: {@link SeaStages} one after the other on
 * one stream. Inputs are those of {@link SeaInputs}; query, key, value and context are all F32, F16
 * or BF16, everything else is F32.
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
    if (!request.arguments().flag(SeaOptions.CAUSAL)) {
      reasons.add("it computes causal attention only");
    }
    reasons.addAll(reasonsAgainst(request.elementType(), request.inputTypes()));
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
    return SeaScratch.at(0, size, inputs(request).real().isPresent()).bytes();
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
            call.inputs().stream().map(DeviceTensor::elementType).toList(),
            query.elementType(),
            call.arguments());
    SeaInputs inputs = inputs(request);
    inputs.check(request);
    requireTypes(call, request);
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    SeaScratch scratch = SeaScratch.at(call.scratch(), size, inputs.real().isPresent());
    new SeaStages(call, inputs, size, scratch, session, stream).all();
  }

  private static List<String> reasonsAgainst(ElementType stored, List<ElementType> types) {
    if (stored == ElementType.F64) {
      return List.of("it takes F32, F16 or BF16, not " + stored);
    }
    for (int input = 0; input < types.size(); input++) {
      ElementType expected = input <= SeaInputs.VALUE ? stored : ElementType.F32;
      if (types.get(input) != expected) {
        return List.of(
            "query, key and value must be of one type, and k, parameters and what says which keys"
                + " are real F32, but input %d is %s, not %s"
                    .formatted(input, types.get(input), expected));
      }
    }
    return List.of();
  }

  private static void requireTypes(DeviceCall call, KernelRequest request) {
    reasonsAgainst(request.elementType(), request.inputTypes())
        .forEach(
            reason -> {
              throw new IllegalArgumentException(reason);
            });
    ElementType type = call.outputs().get(0).elementType();
    if (type != request.elementType()) {
      throw new IllegalArgumentException(
          "the context must be %s, as the query, but is %s".formatted(request.elementType(), type));
    }
  }
}
