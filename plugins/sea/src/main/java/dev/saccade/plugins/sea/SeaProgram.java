package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.option.Options;
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
 * one stream. Inputs are query, key and value {@code [B, H, T, D]}; k, one number; the parameters
 * that {@link SeaLayer#parameters} declares, in that order; and, if there is padding, what says
 * which positions are real, {@code [B, T]}. Query, key, value and context are all F32, F16 or BF16,
 * everything else is F32.
 *
 * <p>Embedders who keep their tensors on a GPU run it themselves, and ask {@link SeaProbes} what a
 * run kept.
 */
public final class SeaProgram implements DeviceProgram {

  /** What a warp holds of a row in registers. */
  private static final int WIDEST_HEAD = 256;

  /** Blocks along the second and third axis of a grid. */
  private static final int MOST_BLOCKS = 65_535;

  /** What a call is told of a layer. */
  public static KernelArguments arguments(AttentionSpec spec, Options options) {
    return SeaOptions.from(options).arguments(spec.masking().causal());
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
    return SeaScratch.at(0, size, inputs(request).real().isPresent()).bytes();
  }

  @Override
  public void run(Pass pass, DeviceCall call, GpuSession session, GpuStream stream) {
    if (pass != Pass.FORWARD) {
      throw new IllegalArgumentException("SEA goes forward only on a GPU, not " + pass);
    }
    DeviceTensor query = call.inputs().get(SeaInputs.QUERY);
    KernelRequest request = request(call);
    SeaInputs inputs = inputs(request);
    inputs.check(request);
    requireTypes(call, query.elementType());
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    SeaScratch scratch = SeaScratch.at(call.scratch(), size, inputs.real().isPresent());
    new SeaStages(call, inputs, size, scratch, session, stream).all();
  }

  static KernelRequest request(DeviceCall call) {
    return new KernelRequest(
        call.inputs().stream().map(DeviceTensor::shape).toList(),
        call.inputs().get(SeaInputs.QUERY).elementType(),
        call.arguments());
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
