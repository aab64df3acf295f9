package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import dev.saccade.api.option.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * One slot filled by {@link ReformerAttention}.
 *
 * @param rehashInterval training steps between two draws of the rotations
 */
record ReformerLayer(AttentionSpec spec, LshSettings settings, int rehashInterval)
    implements AttentionLayer {

  /** {@code [D, hashes, R]}, of which a sequence of T uses the first T/2b. */
  static final String ROTATIONS = "rotations";

  static ReformerLayer of(AttentionSpec spec, Options options) {
    LshSettings settings =
        new LshSettings(
            options.get(ReformerAttention.HASHES),
            options.get(ReformerAttention.BUCKET),
            spec.masking().causal(),
            options.get(ReformerAttention.PEEKING_ORDER),
            options.get(ReformerAttention.WITHIN_BUCKETS),
            options.get(ReformerAttention.DIVIDE_REPEATS));
    return new ReformerLayer(spec, settings, options.get(ReformerAttention.REHASH_INTERVAL));
  }

  @Override
  public List<Parameter> parameters() {
    Shape shape =
        Shape.of(spec.headSize(), settings.hashes(), settings.rotations(spec.maxPositions()));
    return List.of(
        new Parameter(
            ROTATIONS, shape, Initializer.normal(1), new Parameter.Redrawn(rehashInterval)));
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    Optional<SDVariable> real = mask.keys(); // [B, T]
    // As published: what sees nothing but itself, as padding may, must not give its value.
    SDVariable values = onlyReal(graph, value, real); // [B, H, T, D]
    AttentionOutput output = AttentionOutput.of(mix(graph, query, key, values, real));
    if (!graph.wants(Probe.ATTENTION)) {
      return output;
    }
    // Mixing the rows of a unit matrix gives the weights.
    SDVariable weights =
        mix(graph, query, key, onlyReal(graph, unit(graph), real), real); // [B, H, T, T]
    return output.withProbe(Probe.ATTENTION, new ProbeValue.Dense(weights));
  }

  /**
   * @param values {@code [B, H, T, width]}
   * @return {@code [B, H, T, width]}
   */
  private SDVariable mix(
      LayerGraph graph,
      SDVariable query,
      SDVariable key,
      SDVariable values,
      Optional<SDVariable> real) {
    List<SDVariable> inputs =
        new ArrayList<>(List.of(query, key, values, graph.parameter(ROTATIONS)));
    real.ifPresent(inputs::add);
    return graph
        .kernel(LshKernel.OPERATION, settings.arguments(), inputs.toArray(new SDVariable[0]))
        .get(0);
  }

  private static SDVariable onlyReal(
      LayerGraph graph, SDVariable values, Optional<SDVariable> real) {
    return real.map(ones -> values.mul(ones.reshape(graph.batch(), 1, graph.keys(), 1)))
        .orElse(values);
  }

  /** {@code [B, H, T, T]}. */
  private static SDVariable unit(LayerGraph graph) {
    long length = graph.keys();
    SDVariable one =
        Tables.matrix(graph, length, length, (t, s) -> t == s ? 1 : 0)
            .reshape(1, 1, length, length);
    return graph.sameDiff().tile(one, Math.toIntExact(graph.batch()), graph.spec().heads(), 1, 1);
  }
}
