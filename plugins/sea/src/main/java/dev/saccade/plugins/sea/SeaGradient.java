package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.List;

/**
 * The way back of {@link SeaKernel} in causal attention, which computes the way forward anew.
 *
 * <p>No gradient passes the choice of keys, so it reaches queries, keys and values by three ways:
 * through the attention to the kept keys, through the average, and from the two gates through the
 * encoder and the rough contexts. What only serves the choice has a gradient of zero.
 */
record SeaGradient(SeaRun run, KernelGradientCall call) {

  void compute() {
    SeaSize size = run.size();
    Tensor ofGates = call.scratch(Shape.of((long) size.batch() * size.heads(), size.rows(), 2));
    Estimated<?> estimated = EstimatedSpans.estimate(run, call);
    KeptAttentionGradient.attend(run, call, estimated, ofGates);
    GradientSum.clear(call, SeaInputs.KEPT, call.inputGradients().size());
    new EstimateGradient(run, call).compute(() -> List.of(new GatesGradient(run, call, ofGates)));
  }
}
