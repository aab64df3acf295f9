package dev.saccade.conformance;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Feature;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.decode.IncrementalAttention;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/** One layer of {@link CorrectAttention}: its steps in order. */
record CorrectLayer(CorrectAttention steps, AttentionSpec spec) implements AttentionLayer {

  @Override
  public List<Parameter> parameters() {
    return steps.parameters(spec);
  }

  @Override
  public List<Probe> probes() {
    return steps.probes();
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    SDVariable keys = steps.forEveryHead(graph, key); // [B, H, S, D]
    SDVariable values = steps.forEveryHead(graph, value); // [B, H, S, D]
    SDVariable weights = steps.weights(graph, steps.logits(graph, query, keys), mask);
    AttentionOutput output = AttentionOutput.of(steps.context(graph, weights, values, mask));
    for (Probe probe : probes()) {
      if (steps.shows(graph, probe)) {
        output =
            output.withProbe(probe, new ProbeValue.Dense(steps.shown(graph, probe, weights, mask)));
      }
    }
    return steps.capabilities().has(Feature.OWN_OBJECTIVE)
        ? steps.withObjective(graph, output)
        : output;
  }

  @Override
  public Optional<IncrementalAttention> incremental() {
    return spec.masking().causal() && steps.decodes()
        ? Optional.of(steps::decoding)
        : Optional.empty();
  }
}
