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
 * SEA on a GPU, linear in time and memory: {@link SeaStages}, one after the other on one stream,
 * and {@link SeaBackStages} on the way back, which reads nothing that the way forward wrote;
 * without a causal mask {@link SeaAroundStages} and {@link SeaAroundBackStages}.
 *
 * <p>Inputs are query, key and value {@code [B, H, T, D]}; k, one number; the parameters that
 * {@link SeaLayer#parameters} declares, in that order; and, if there is padding, what says which
 * positions are real, {@code [B, T]}. Query, key, value, context and their gradients are all F32,
 * F16 or BF16, everything else is F32.
 *
 * <p>Embedders who keep their tensors on a GPU find it through {@link SeaOnDevice}, and ask {@link
 * SeaProbes} what a run kept.
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
    return switch (pass) {
      case FORWARD ->
          isCausal(request)
              ? SeaScratch.at(0, size, padded, featureBytes).bytes()
              : SeaAroundScratch.at(0, size, padded, featureBytes).bytes();
      case BACKWARD ->
          isCausal(request)
              ? SeaBackScratch.at(0, size, padded, request.elementType(), featureBytes).bytes()
              : SeaAroundBackScratch.at(0, size, padded, request.elementType(), featureBytes)
                  .bytes();
    };
  }

  @Override
  public void run(Pass pass, DeviceCall call, GpuSession session, GpuStream stream) {
    KernelRequest request = request(call);
    SeaInputs inputs = inputs(request);
    inputs.check(request);
    requireTypes(pass, call, request);
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    boolean padded = inputs.real().isPresent();
    if (isCausal(request)) {
      runCausal(pass, new Run(call, inputs, size, padded, session, stream));
    } else {
      runAround(pass, new Run(call, inputs, size, padded, session, stream));
    }
  }

  /** What stages are told. */
  private record Run(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      boolean padded,
      GpuSession session,
      GpuStream stream) {

    ElementType stored() {
      return call.inputs().get(SeaInputs.QUERY).elementType();
    }

    SeaStages stages(SeaScratch scratch) {
      return new SeaStages(call, inputs, size, scratch, session, stream);
    }

    SeaAroundStages stages(SeaAroundScratch scratch) {
      return new SeaAroundStages(call, inputs, size, scratch, session, stream);
    }
  }

  private void runCausal(Pass pass, Run run) {
    long first = run.call().scratch();
    switch (pass) {
      case FORWARD ->
          run.stages(SeaScratch.at(first, run.size(), run.padded(), featureBytes)).all();
      case BACKWARD -> {
        SeaBackScratch scratch =
            SeaBackScratch.at(first, run.size(), run.padded(), run.stored(), featureBytes);
        SeaStages forward = run.stages(scratch.forward());
        new SeaBackStages(run.call(), run.inputs(), run.size(), scratch, forward, run.stream())
            .all();
      }
    }
  }

  private void runAround(Pass pass, Run run) {
    long first = run.call().scratch();
    switch (pass) {
      case FORWARD ->
          run.stages(SeaAroundScratch.at(first, run.size(), run.padded(), featureBytes)).all();
      case BACKWARD -> {
        SeaAroundBackScratch scratch =
            SeaAroundBackScratch.at(first, run.size(), run.padded(), run.stored(), featureBytes);
        SeaAroundStages forward = run.stages(scratch.forward());
        new SeaAroundBackStages(
                run.call(), run.inputs(), run.size(), scratch, forward, run.stream())
            .all();
      }
    }
  }

  static KernelRequest request(DeviceCall call) {
    return new KernelRequest(
        call.inputs().stream().map(DeviceTensor::shape).toList(),
        types(call.inputs()),
        call.inputs().get(SeaInputs.QUERY).elementType(),
        call.arguments());
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

  private static void requireTypes(Pass pass, DeviceCall call, KernelRequest request) {
    ElementType stored = request.elementType();
    require(reasonsAgainst(stored, request.inputTypes()));
    boolean forward = pass == Pass.FORWARD;
    if (!forward) {
      require(reasonsAgainst(stored, types(call.inputGradients())));
    }
    // The way back reads no context, but its gradient.
    for (ElementType type : types(forward ? call.outputs() : call.outputGradients())) {
      if (type != stored) {
        throw new IllegalArgumentException(
            "the context must be %s, as the query, but is %s".formatted(stored, type));
      }
    }
  }

  private static List<ElementType> types(List<DeviceTensor> tensors) {
    return tensors.stream().map(DeviceTensor::elementType).toList();
  }

  private static void require(List<String> reasonsAgainst) {
    if (!reasonsAgainst.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", reasonsAgainst));
    }
  }
}
