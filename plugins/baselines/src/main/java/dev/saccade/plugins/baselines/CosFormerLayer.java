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
import dev.saccade.api.Source;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.plugins.baselines.CosFormerAttention.Horizon;
import dev.saccade.plugins.baselines.fused.FusedMixing;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * One layer of {@link CosFormerAttention}.
 *
 * @param horizon what m is
 */
record CosFormerLayer(AttentionSpec spec, PaddedKeys paddedKeys, Horizon horizon)
    implements AttentionLayer {

  static final String OF_QUERY = "query";
  static final String OF_KEY = "key";
  static final String OF_VALUE = "value";

  /** The least that is divided by, as published. */
  static final double LEAST_MASS = 1e-6;

  @Override
  public List<Parameter> parameters() {
    long width = width();
    Initializer initializer = Initializer.fanIn(width);
    return Stream.of(OF_QUERY, OF_KEY, OF_VALUE)
        .flatMap(
            name ->
                Stream.of(
                    Parameter.trained(weight(name), Shape.of(width, width), initializer),
                    Parameter.trained(bias(name), Shape.of(width), initializer)))
        .toList();
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    requireWithinHorizon(graph);
    Optional<SDVariable> realKeys =
        mask.keys().map(keys -> Axes.perPosition(graph, keys, graph.keys())); // [B, 1, S, 1]
    boolean counted = paddedKeys == PaddedKeys.COUNTED;
    @Nullable SDVariable blanked = counted ? realKeys.orElse(null) : null;
    @Nullable SDVariable blankedQueries =
        counted
            ? mask.queries()
                .map(queries -> Axes.perPosition(graph, queries, graph.queries()))
                .orElse(null)
            : null;
    SDVariable queries = projected(graph, query, blankedQueries, graph.queries(), OF_QUERY);
    SDVariable keys = projected(graph, key, blanked, graph.keys(), OF_KEY);
    SDVariable values = projected(graph, value, blanked, graph.keys(), OF_VALUE); // [B, H, S, D]

    Angles angles = counted ? ofPositions(graph) : Angles.of(graph, mask, this);
    Optional<SDVariable> hidden = counted ? Optional.empty() : mask.keys();
    boolean perSequence = !counted && mask.keys().isPresent();
    // The kernels never hold what the probe shows.
    return graph.wants(Probe.ATTENTION)
        ? recipe(graph, queries, keys, values, angles, mask, realKeys)
        : FusedMixing.turned(
                graph, angles.ofQueries(), angles.ofKeys(), perSequence ? graph.batch() : 1)
            .atLeast(LEAST_MASS)
            .context(queries, keys, values, hidden)
            .map(AttentionOutput::of)
            .orElseGet(() -> recipe(graph, queries, keys, values, angles, mask, realKeys));
  }

  /** What comes after the projections. */
  private AttentionOutput recipe(
      LayerGraph graph,
      SDVariable queries,
      SDVariable keys,
      SDVariable values,
      Angles angles,
      AttentionMask mask,
      Optional<SDVariable> realKeys) {
    SameDiff sd = graph.sameDiff();
    boolean counted = paddedKeys == PaddedKeys.COUNTED;
    SDVariable queryFeatures = angles.features(sd.nn().relu(queries, 0), angles.ofQueries());
    // [B, H, T, 2D]
    SDVariable all = angles.features(sd.nn().relu(keys, 0), angles.ofKeys()); // [B, H, S, 2D]
    SDVariable keyFeatures = counted ? all : realKeys.map(all::mul).orElse(all);

    FeatureMixing mixing =
        FeatureMixing.of(graph, queryFeatures, keyFeatures, values, 2L * graph.spec().headSize());
    SDVariable mass = atLeast(mixing.mass(), LEAST_MASS); // [B, H, T, 1]
    AttentionOutput output = AttentionOutput.of(mixing.sum().div(mass)); // [B, H, T, D]
    return graph.wants(Probe.ATTENTION)
        ? output.withProbe(
            Probe.ATTENTION,
            new ProbeValue.Dense(
                FeatureMixing.attention(graph, mask, queryFeatures, keyFeatures, mass)))
        : output;
  }

  /**
   * W·x + b over all heads of a position together, {@code [B, H, positions, D]}.
   *
   * @param present zero for positions that enter as zeros; null if all enter as they are
   */
  private SDVariable projected(
      LayerGraph graph, SDVariable x, @Nullable SDVariable present, long positions, String name) {
    long heads = graph.spec().heads();
    long size = graph.spec().headSize();
    SDVariable entering = present == null ? x : x.mul(present);
    SDVariable together =
        entering.permute(0, 2, 1, 3).reshape(graph.batch() * positions, width()); // [B·S, H·D]
    SDVariable projected =
        graph
            .sameDiff()
            .mmul(together, graph.parameter(weight(name)), false, true, false)
            .add(graph.parameter(bias(name)));
    return projected.reshape(graph.batch(), positions, heads, size).permute(0, 2, 1, 3);
  }

  /** By running sums, if nothing depends on where the text will end. */
  @Override
  public Optional<IncrementalAttention> incremental() {
    return spec.masking().causal() && horizon == Horizon.MODEL
        ? Optional.of(new CosFormerDecoding(spec, paddedKeys))
        : Optional.empty();
  }

  /** H·D, what the layer's own projections take and give. */
  private long width() {
    return (long) spec.heads() * spec.headSize();
  }

  /** Beyond it, cosines and with them weights would be negative. */
  private void requireWithinHorizon(LayerGraph graph) {
    long longest = Math.max(graph.queries(), graph.keys());
    if (horizon == Horizon.MODEL && longest > spec.maxPositions()) {
      throw new IllegalArgumentException(
          "cosformer with horizon=model takes no more positions than the model admits; use"
              + " horizon=length: maxPositions=%d, length=%d"
                  .formatted(spec.maxPositions(), longest));
    }
  }

  /** Angles by position, whether real or padding. */
  private Angles ofPositions(LayerGraph graph) {
    long longest = Math.max(graph.queries(), graph.keys());
    double turn = horizon == Horizon.MODEL ? spec.maxPositions() : longest;
    return new Angles(
        Angles.quarter(graph, graph.queries(), turn), Angles.quarter(graph, graph.keys(), turn));
  }

  /** max(x, least), with a gradient where x is above. */
  private static SDVariable atLeast(SDVariable x, double least) {
    return x.getSameDiff().nn().relu(x.sub(least), 0).add(least);
  }

  static String weight(String of) {
    return of + ".weight";
  }

  static String bias(String of) {
    return of + ".bias";
  }

  /**
   * Where in a quarter turn every position stands: π/2·i/m for i = 1 … m.
   *
   * @param ofQueries {@code [B or 1, 1, T, 1]}
   * @param ofKeys {@code [B or 1, 1, S, 1]}
   */
  record Angles(SDVariable ofQueries, SDVariable ofKeys) {

    static final double QUARTER_TURN = Math.PI / 2;

    /** By what is real: padding takes no place, and does not count to a sequence's length. */
    static Angles of(LayerGraph graph, AttentionMask mask, CosFormerLayer layer) {
      Optional<SDVariable> real = mask.keys();
      if (real.isEmpty()) {
        return layer.ofPositions(graph);
      }
      boolean onePlace = graph.spec().source() == Source.SELF && graph.queries() == graph.keys();
      SDVariable places = graph.math().cumulativeSum(real.orElseThrow(), 1); // [B, S]
      SDVariable length =
          layer.horizon == Horizon.MODEL
              ? graph.constant(layer.spec.maxPositions()).reshape(1, 1)
              : lengths(graph, places, onePlace); // [B or 1, 1]
      SDVariable ofKeys =
          Axes.perPosition(graph, places.div(length).mul(QUARTER_TURN), graph.keys());
      if (onePlace) {
        return new Angles(ofKeys, ofKeys);
      }
      SDVariable counted =
          Tables.matrix(graph, graph.batch(), graph.queries(), (sequence, t) -> t + 1);
      return new Angles(
          Axes.perPosition(graph, counted.div(length).mul(QUARTER_TURN), graph.queries()), ofKeys);
    }

    /** Each sequence's own, {@code [B, 1]}; one where all is padding, to divide by. */
    private static SDVariable lengths(LayerGraph graph, SDVariable places, boolean onePlace) {
      SDVariable last = Axes.slice(places, 2, 1, graph.keys() - 1, graph.keys()); // [B, 1]
      return atLeast(last, onePlace ? 1 : (double) graph.queries());
    }

    private static SDVariable quarter(LayerGraph graph, long positions, double longest) {
      return Tables.matrix(graph, positions, 1, (i, none) -> QUARTER_TURN * (i + 1) / longest)
          .reshape(1, 1, positions, 1);
    }

    /** x·sin and x·cos side by side, {@code [B, H, positions, 2D]}. */
    SDVariable features(SDVariable x, SDVariable angle) {
      SameDiff sd = x.getSameDiff();
      return sd.concat(3, x.mul(sd.math().sin(angle)), x.mul(sd.math().cos(angle)));
    }
  }
}
