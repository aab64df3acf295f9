package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.LengthRule;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Two layers of any length in one slot, whose contexts are added. Their parameters must have
 * different names.
 */
record SummedLayers(AttentionLayer first, AttentionLayer second) implements AttentionLayer {

  @Override
  public List<Parameter> parameters() {
    return Stream.concat(first.parameters().stream(), second.parameters().stream()).toList();
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION);
  }

  @Override
  public LengthRule lengths() {
    return LengthRule.any();
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    AttentionOutput one = first.attend(graph, query, key, value, mask);
    AttentionOutput other = second.attend(graph, query, key, value, mask);
    AttentionOutput sum = AttentionOutput.of(one.context().add(other.context())); // [B, H, T, D]
    return graph.wants(Probe.ATTENTION)
        ? sum.withProbe(Probe.ATTENTION, new ProbeValue.Dense(attention(one).add(attention(other))))
        : sum;
  }

  private static SDVariable attention(AttentionOutput output) {
    if (output.probes().get(Probe.ATTENTION) instanceof ProbeValue.Dense dense) {
      return dense.values(); // [B, H, T, S]
    }
    throw new IllegalStateException("a summed layer must show its attention as a dense matrix");
  }
}
