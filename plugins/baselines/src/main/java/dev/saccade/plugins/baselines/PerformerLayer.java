package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Parameter.Redrawn;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.plugins.baselines.PerformerAttention.Estimate;
import dev.saccade.plugins.baselines.fused.FusedMixing;
import dev.saccade.plugins.baselines.fused.MixingLayer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * One layer of {@link PerformerAttention}.
 *
 * @param features F
 * @param peekingShift whether, with a causal mask, the exponents of keys are shifted by the
 *     greatest of all keys, though it may be a later one
 */
record PerformerLayer(
    AttentionSpec spec,
    int features,
    Estimate estimate,
    int redrawInterval,
    PaddedKeys paddedKeys,
    boolean peekingShift)
    implements AttentionLayer {

  static final String PROJECTION = "projection";

  static final Probe QUERY_FEATURES =
      new Probe("query-features", "[B, H, T, F]", "random features of every query");

  static final Probe KEY_FEATURES =
      new Probe("key-features", "[B, H, S, F]", "random features of every key");

  /** Keeps every feature of the softmax kernel above zero. */
  static final double SOFTMAX_EPSILON = 1e-4;

  /** Keeps every feature of the ReLU kernel above zero. */
  static final double RELU_EPSILON = 1e-3;

  /** What the published causal sum adds to every feature of the keys that are divided by. */
  static final double CAUSAL_EPSILON = 1e-6;

  /** The same without a causal mask: nothing, but against 0/0, and its square is above zero. */
  private static final double EPSILON = 1e-15;

  /** Far below any exponent, and finite when an exponent is added. */
  private static final double INVISIBLE = -1e30;

  @Override
  public List<Parameter> parameters() {
    Shape shape = Shape.of(features, spec.headSize());
    return List.of(
        new Parameter(
            PROJECTION, shape, Initializer.orthogonalFeatures(), new Redrawn(redrawInterval)));
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION, QUERY_FEATURES, KEY_FEATURES);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    boolean shows = probes().stream().anyMatch(graph::wants); // what the kernels never hold
    return shows
        ? recipe(graph, query, key, value, mask)
        : fused(graph, query, key, value, mask)
            .map(AttentionOutput::of)
            .orElseGet(() -> recipe(graph, query, key, value, mask));
  }

  private Optional<SDVariable> fused(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    boolean causal = mask.masking().causal();
    SDVariable projection = graph.parameter(PROJECTION);
    FusedMixing map =
        switch (estimate) {
          case RELU -> FusedMixing.rectified(graph, projection, features);
          case SOFTMAX -> {
            FusedMixing exponential = FusedMixing.exponential(graph, projection, features);
            yield causal && !peekingShift ? exponential : exponential.shiftedByAllKeys();
          }
        };
    FusedMixing mixing = map.addingToFeatures(causal ? CAUSAL_EPSILON : EPSILON);
    if (paddedKeys == PaddedKeys.HIDDEN) {
      return mixing.context(query, key, value, mask.keys());
    }
    SDVariable values =
        mask.keys()
            .map(keys -> value.mul(Axes.perPosition(graph, keys, graph.keys())))
            .orElse(value);
    return mixing.context(query, key, values, Optional.empty());
  }

  private AttentionOutput recipe(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    Optional<SDVariable> real =
        mask.keys().map(keys -> Axes.perPosition(graph, keys, graph.keys())); // [B, 1, S, 1]
    @Nullable SDVariable present = paddedKeys == PaddedKeys.HIDDEN ? real.orElse(null) : null;
    SDVariable values = real.map(value::mul).orElse(value); // [B, H, S, D]; zero for padding
    SDVariable queryFeatures =
        switch (estimate) {
          case SOFTMAX -> ofQueries(graph, query);
          case RELU -> rectified(graph, query, graph.queries());
        }; // [B, H, T, F]
    SDVariable ofAllKeys =
        switch (estimate) {
          case SOFTMAX -> ofKeys(graph, key, present);
          case RELU -> rectified(graph, key, graph.keys());
        };
    SDVariable keyFeatures = present == null ? ofAllKeys : ofAllKeys.mul(present); // [B, H, S, F]

    FeatureMixing mixing = FeatureMixing.of(graph, queryFeatures, keyFeatures, values, features);
    double epsilon = mask.masking().causal() ? CAUSAL_EPSILON : EPSILON;
    SDVariable mass =
        mixing.mass().add(graph.math().sum(queryFeatures, 3).mul(epsilon)); // [B, H, T, 1]
    AttentionOutput output = AttentionOutput.of(mixing.sum().div(mass)); // [B, H, T, D]
    if (graph.wants(QUERY_FEATURES)) {
      output = output.withProbe(QUERY_FEATURES, new ProbeValue.Dense(queryFeatures));
    }
    if (graph.wants(KEY_FEATURES)) {
      output = output.withProbe(KEY_FEATURES, new ProbeValue.Dense(keyFeatures));
    }
    return graph.wants(Probe.ATTENTION)
        ? output.withProbe(
            Probe.ATTENTION,
            new ProbeValue.Dense(
                FeatureMixing.attention(graph, mask, queryFeatures, keyFeatures, mass)))
        : output;
  }

  @Override
  public Optional<IncrementalAttention> incremental() {
    boolean shifted = estimate == Estimate.SOFTMAX && peekingShift;
    if (!spec.masking().causal() || shifted) {
      return Optional.empty();
    }
    return Optional.of(
        FeatureMemory.decoding(
            paddedKeys,
            setup -> decoded(setup.parameter(PROJECTION)),
            setup -> PerformerFeatures.of(spec, estimate, setup.parameter(PROJECTION))));
  }

  private MixingLayer decoded(Tensor projection) {
    return switch (estimate) {
      case RELU -> MixingLayer.rectified(projection, CAUSAL_EPSILON);
      case SOFTMAX -> MixingLayer.exponential(projection, CAUSAL_EPSILON);
    };
  }

  /** A query's features may be scaled freely, as the mass they are divided by is, too. */
  private SDVariable ofQueries(LayerGraph graph, SDVariable query) {
    SDVariable projected = projected(graph, query, graph.queries());
    return exponential(
        graph, projected.sub(halfSquare(graph, query)).sub(graph.math().max(projected, 3)));
  }

  /**
   * Keys must all be scaled alike, by e to the greatest ω·k of all. It would cancel but for the
   * epsilon. With a causal mask it would tell every position something of the later ones; then they
   * are left as they are, which cannot overflow for usual head sizes: ω·k − |k|²/2 ≤ |ω|²/2, about
   * D/2.
   *
   * @param present one for keys that take part; null if all do
   */
  private SDVariable ofKeys(LayerGraph graph, SDVariable key, @Nullable SDVariable present) {
    SDVariable all = projected(graph, key, graph.keys());
    SDVariable projected =
        present == null ? all : all.add(present.rsub(1.0).mul(INVISIBLE)); // [B, H, S, F]
    SDVariable exponent = projected.sub(halfSquare(graph, key));
    if (spec.masking().causal() && !peekingShift) {
      return exponential(graph, exponent);
    }
    SDVariable greatest = graph.math().max(graph.math().max(projected, 3), 2); // [B, H, 1, 1]
    return exponential(graph, exponent.sub(greatest));
  }

  private SDVariable exponential(LayerGraph graph, SDVariable exponent) {
    SameDiff sd = graph.sameDiff();
    return sd.math().exp(exponent).add(SOFTMAX_EPSILON).mul(1 / Math.sqrt(features));
  }

  private SDVariable rectified(LayerGraph graph, SDVariable x, long positions) {
    return graph.sameDiff().nn().relu(projected(graph, x, positions), 0).add(RELU_EPSILON);
  }

  /** ω·x for x scaled so that q·k comes out divided by √D, {@code [B, H, positions, F]}. */
  private SDVariable projected(LayerGraph graph, SDVariable x, long positions) {
    Shape shape = Shape.of(graph.batch(), graph.spec().heads(), positions, graph.spec().headSize());
    return Axes.product(scaled(graph, x), shape, graph.parameter(PROJECTION), features);
  }

  /** |x|²/2 for x scaled likewise, {@code [B, H, positions, 1]}. */
  private static SDVariable halfSquare(LayerGraph graph, SDVariable x) {
    SDVariable scaled = scaled(graph, x);
    return graph.math().sum(scaled.mul(scaled), 3).mul(0.5);
  }

  private static SDVariable scaled(LayerGraph graph, SDVariable x) {
    return x.mul(Math.sqrt(graph.spec().scale()));
  }
}
