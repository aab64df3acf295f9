package dev.saccade.conformance;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.Shape;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.api.distill.TeacherAttention;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Softmax attention that declares everything there is to declare, and keeps every promise. What can
 * be got wrong is a method of its own, so that a {@linkplain MutatedMechanism mutation} is one
 * method.
 *
 * <p>The context is multiplied by a trained gain that begins with one, and the logits by a live
 * option that is one by default; so it begins exact and yet has a parameter and an option to try.
 */
class CorrectAttention implements AttentionMechanism {

  static final String GAIN = "gain"; // [D]

  static final Option<Double> SHARPNESS =
      Option.decimal("sharpness", 1.0, "what logits are multiplied by")
          .between(0.125, 8.0)
          .changeableLive();

  @Override
  public String name() {
    return "correct";
  }

  @Override
  public String summary() {
    return "softmax attention with everything that a mechanism may declare";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
        .withSources(Source.SELF, Source.CROSS)
        .withFeatures(
            Feature.EXACT,
            Feature.GROUPED_HEADS,
            Feature.UNEQUAL_LENGTHS,
            Feature.GRADIENTS,
            Feature.INCREMENTAL,
            Feature.LENGTH_GENERALISING,
            Feature.PADDING_INVARIANT,
            Feature.DETERMINISTIC,
            Feature.OWN_OBJECTIVE);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(SHARPNESS);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new CorrectLayer(this, spec);
  }

  List<Parameter> parameters(AttentionSpec spec) {
    return List.of(Parameter.trained(GAIN, Shape.of(spec.headSize()), Initializer.constant(1)));
  }

  List<Probe> probes() {
    return List.of(Probe.ATTENTION, Probe.KEPT, Probe.ROW_SUMS);
  }

  /** Keys or values for every query head, {@code [B, K, S, D]} → {@code [B, H, S, D]}. */
  SDVariable forEveryHead(LayerGraph graph, SDVariable shared) {
    AttentionSpec spec = graph.spec();
    int sharing = spec.heads() / spec.kvHeads();
    if (sharing == 1) {
      return shared;
    }
    SDVariable apart =
        shared.reshape(graph.batch(), spec.kvHeads(), 1, graph.keys(), spec.headSize());
    return graph
        .sameDiff()
        .tile(apart, 1, 1, sharing, 1, 1)
        .reshape(graph.batch(), spec.heads(), graph.keys(), spec.headSize());
  }

  /** {@code [B, H, T, S]}. */
  SDVariable logits(LayerGraph graph, SDVariable query, SDVariable key) {
    return graph
        .sameDiff()
        .mmul(query, key, false, true, false)
        .mul(graph.spec().scale())
        .mul(sharpness(graph));
  }

  SDVariable sharpness(LayerGraph graph) {
    return graph.option(SHARPNESS);
  }

  /** {@code [B, H, T, S]}; rows sum to one, or to zero where a query sees no key. */
  SDVariable weights(LayerGraph graph, SDVariable logits, AttentionMask mask) {
    return graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
  }

  /** {@code [B, H, T, D]}. */
  SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
    return weights.mmul(value).mul(graph.parameter(GAIN));
  }

  boolean shows(LayerGraph graph, Probe probe) {
    return graph.wants(probe);
  }

  /** What a probe shows. */
  SDVariable shown(LayerGraph graph, Probe probe, SDVariable weights, AttentionMask mask) {
    if (probe.equals(Probe.ATTENTION)) {
      return weights;
    }
    return probe.equals(Probe.KEPT)
        ? graph.sameDiff().zerosLike(weights).add(mask.visible())
        : graph
            .math()
            .sum(weights, 3)
            .reshape(graph.batch(), graph.spec().heads(), graph.queries());
  }

  AttentionOutput withObjective(LayerGraph graph, AttentionOutput output) {
    return output.withObjective(teacher -> List.of(offContext(graph, output, teacher)));
  }

  private static LossTerm offContext(
      LayerGraph graph, AttentionOutput output, TeacherAttention teacher) {
    SDVariable off = output.context().sub(teacher.context());
    return new LossTerm("mse-context", graph.math().mean(off.mul(off), 3).mean(), 1);
  }

  boolean decodes() {
    return capabilities().has(Feature.INCREMENTAL);
  }

  DecodingState decoding(DecodingSetup setup) {
    return new CorrectDecoding(setup, setup.option(SHARPNESS));
  }
}
