package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.List;

/**
 * The way back of {@link SeaKernel} without a causal mask, which computes the way forward anew.
 *
 * <p>No gradient passes the choice of keys. Queries, keys and values get theirs through the
 * attention to the kept keys, through the average, and from the gates and the means of the
 * estimate's columns, which weigh the average, through painting, encoder and rough contexts.
 */
record AroundGradient(SeaRun run, KernelGradientCall call) {

  void compute() {
    SeaSize size = run.size();
    Tensor ofGates = call.scratch(Shape.of((long) size.batch() * size.heads(), size.rows(), 2));
    RoughTotals totals = RoughTotals.of(run, call);
    Estimated<AverageOfAll> estimated = EstimatedWindows.estimate(run, call, totals);
    KeptAttentionGradient.attend(run, call, estimated, ofGates);
    GradientSum.clear(call, SeaInputs.KEPT, call.inputGradients().size());
    new AroundEstimateGradient(run, call, totals)
        .compute(
            () -> new ColumnMeansGradient(run, estimated.average()),
            () -> List.of(new GatesGradient(run, call, ofGates)));
  }
}
