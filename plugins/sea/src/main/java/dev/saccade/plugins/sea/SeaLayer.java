package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.KernelArguments;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * One attention slot filled by SEA.
 *
 * <p>Its attention matrix is the sparse one, after the row gate: rows sum to the gate, or to zero
 * where a query keeps no key. The mixture with the average context comes after it, so the matrix
 * times the values is not yet the context.
 *
 * <p>Padded queries get what the average context gives them, and zero in a sequence of nothing but
 * padding.
 */
record SeaLayer(AttentionSpec spec, SeaOptions options) implements AttentionLayer {

  @Override
  public List<Parameter> parameters() {
    return SeaParameters.of(spec, options);
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION, Probe.ESTIMATED_ATTENTION, Probe.KEPT, Probe.ROW_SUMS);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    if (probes().stream().noneMatch(graph::wants) && fuses(graph)) {
      return fused(graph, query, key, value, mask);
    }
    SeaSteps steps = SeaSteps.of(graph, options, query, key, value, mask);
    AttentionOutput output =
        AttentionOutput.of(steps.context()) // [B, H, T, D]
            .withObjective(new Distillation(graph, options, steps));
    for (Probe probe : probes()) {
      if (graph.wants(probe)) {
        output = output.withProbe(probe, new ProbeValue.Dense(shown(graph, steps, probe)));
      }
    }
    return output;
  }

  private boolean fuses(LayerGraph graph) {
    return graph.fuses(SeaKernel.OPERATION, arguments(), SeaInputs.shapes(graph, options)).isYes();
  }

  private KernelArguments arguments() {
    return options.arguments(spec.masking().causal());
  }

  /** By a kernel; but who learns from a teacher compares matrices, which only the recipe has. */
  private AttentionOutput fused(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    SDVariable[] inputs = SeaInputs.ofGraph(graph, options, query, key, value, mask);
    SDVariable context = graph.kernel(SeaKernel.OPERATION, arguments(), inputs).get(0);
    return AttentionOutput.of(context)
        .withObjective(
            teacher ->
                new Distillation(
                        graph, options, SeaSteps.of(graph, options, query, key, value, mask))
                    .terms(teacher));
  }

  /** Only in causal attention: elsewhere an earlier query sees later keys. */
  @Override
  public Optional<IncrementalAttention> incremental() {
    return spec.masking().causal() ? Optional.of(new SeaDecoding(spec, options)) : Optional.empty();
  }

  private SDVariable shown(LayerGraph graph, SeaSteps steps, Probe probe) {
    SDVariable attention = steps.attention().weights(); // [B, H, T, S]
    if (probe.equals(Probe.ATTENTION)) {
      return attention;
    }
    if (probe.equals(Probe.ESTIMATED_ATTENTION)) {
      return steps.skip().repeat(graph, steps.estimate().weights(), options.width());
      // [B, H, T, M]
    }
    if (probe.equals(Probe.KEPT)) {
      return steps.kept(); // [B, H, T, S]
    }
    return graph
        .math()
        .sum(attention, 3)
        .reshape(graph.batch(), graph.spec().heads(), graph.queries()); // [B, H, T]
  }
}
