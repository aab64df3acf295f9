package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * SEA in one operation, linear in time and memory.
 *
 * <p>First the estimate is made, {@linkplain EstimatedSpans span by span} or, where nothing is
 * hidden from a query, {@linkplain EstimatedWindows window by window}: all that outlives a block of
 * it is one bit a column. Then every head {@linkplain KeptAttention attends} to its kept keys.
 * {@link SeaInputs} says what goes in; the context comes out, {@code [B, H, T, D]}.
 */
record SeaKernel(Arithmetic arithmetic) implements AttentionKernel {

  static final String OPERATION = "sea";

  /** All there are, fastest first. */
  static List<AttentionKernel> fastestFirst() {
    return List.of(new SeaKernel(Arithmetic.SIMD), new SeaKernel(Arithmetic.PLAIN));
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
    return 1;
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    List<String> reasons = new ArrayList<>(device.check(arithmetic).reasons());
    if (device.kind() != Device.Kind.CPU) {
      reasons.add("it runs on the CPU, not on " + device.kind());
    }
    if (request.elementType() != ElementType.F32) {
      reasons.add("it computes in F32, not in " + request.elementType());
    }
    SeaSize size = SeaRun.size(request, SeaOptions.from(request.arguments()));
    long heads = (long) size.batch() * size.heads();
    long numbers = heads * size.length() * Math.max(size.headSize(), size.words());
    if (numbers > Integer.MAX_VALUE / Float.BYTES) {
      reasons.add(
          "B·H·T·max(D, M/32) numbers must be less than 2 GiB: query=%s, width=%d"
              .formatted(request.inputs().get(SeaInputs.QUERY), size.width()));
    }
    return Support.unless(reasons);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    SeaInputs.of(request, SeaOptions.from(request.arguments())).check(request);
    return List.of(request.inputs().get(SeaInputs.QUERY));
  }

  @Override
  public void forward(KernelCall call) {
    SeaRun run = SeaRun.of(call, arithmetic);
    KeptAttention.attend(run, call, run.mode().estimate(run, call), call.outputs().get(0));
  }

  @Override
  public void backward(KernelGradientCall call) {
    SeaRun run = SeaRun.of(call, arithmetic);
    run.mode().goBack(run, call);
  }
}
