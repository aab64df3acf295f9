package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import java.util.List;

/**
 * What all parts of one run of {@link SeaKernel} share and none of them changes.
 *
 * @param size with k as it is now
 * @param real which positions are keys
 * @param sight which of them a query sees
 */
record SeaRun(
    KernelCall call,
    SeaMode mode,
    BlockMath blocks,
    SeaSize size,
    SeaInputs inputs,
    SeaWeights weights,
    RealKeys real,
    Sight sight) {

  static SeaRun of(KernelCall call, Arithmetic arithmetic) {
    return of(call, arithmetic, call.inputs());
  }

  /**
   * As above, of a call with more inputs behind SEA's.
   *
   * @param tensors those of SEA
   */
  static SeaRun of(KernelCall call, Arithmetic arithmetic, List<Tensor> tensors) {
    KernelRequest request =
        new KernelRequest(
            tensors.stream().map(Tensor::shape).toList(), ElementType.F32, call.arguments());
    float[] kept = new float[1];
    tensors.get(SeaInputs.KEPT).read(0, kept, 0, 1);
    SeaOptions options = SeaOptions.from(call.arguments()).withKept(Math.round(kept[0]));
    SeaInputs inputs = SeaInputs.of(request, options);
    inputs.check(request);
    SeaSize size = size(request, options);
    SeaMode mode = SeaMode.of(call.arguments().flag(SeaOptions.CAUSAL));
    RealKeys real = RealKeys.of(size.batch(), size.length(), inputs.real().map(tensors::get));
    return new SeaRun(
        call,
        mode,
        call.math(arithmetic),
        size,
        inputs,
        SeaWeights.of(call, inputs, size),
        real,
        mode.sight(real, size.length()));
  }

  static SeaSize size(KernelRequest request, SeaOptions options) {
    Shape query = request.inputs().get(SeaInputs.QUERY);
    int headSize = (int) query.axis(3);
    return new SeaSize(
        (int) query.axis(0),
        (int) query.axis(1),
        (int) query.axis(2),
        headSize,
        options.features(headSize),
        Strips.of(SeaInputs.spec(request), options),
        options);
  }

  Tensor input(int number) {
    return call.inputs().get(number);
  }

  Tensor parameter(String name) {
    return input(inputs.parameter(name));
  }
}
