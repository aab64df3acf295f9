package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.plugins.baselines.SynthesizerAttention.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * One layer of {@link SynthesizerAttention}. L is the spec's maximum of positions.
 *
 * @param hidden units of the dense kind's network
 * @param rank of the factorised kind's matrices
 */
record SynthesizerLayer(AttentionSpec spec, Kind kind, int hidden, int rank)
    implements AttentionLayer {

  static final String INNER_WEIGHT = "inner.weight"; // [hidden, D]
  static final String INNER_BIAS = "inner.bias"; // [hidden]
  static final String OUTER_WEIGHT = "outer.weight"; // [L, hidden]
  static final String OUTER_BIAS = "outer.bias"; // [L]
  static final String RANDOM = "random"; // [H, L, L]
  static final String LEFT = "random.left"; // [H, L, rank]
  static final String RIGHT = "random.right"; // [H, rank, L]

  @Override
  public List<Parameter> parameters() {
    long heads = spec.heads();
    long longest = spec.maxPositions();
    long size = spec.headSize();
    List<Parameter> all = new ArrayList<>();
    if (kind.dense()) {
      Initializer inner = Initializer.fanIn(size);
      Initializer outer = Initializer.fanIn(hidden);
      all.add(Parameter.trained(INNER_WEIGHT, Shape.of(hidden, size), inner));
      all.add(Parameter.trained(INNER_BIAS, Shape.of(hidden), inner));
      all.add(Parameter.trained(OUTER_WEIGHT, Shape.of(longest, hidden), outer));
      all.add(Parameter.trained(OUTER_BIAS, Shape.of(longest), outer));
    }
    if (kind.random()) {
      all.add(Parameter.trained(RANDOM, Shape.of(heads, longest, longest), Initializer.normal(1)));
    }
    if (kind == Kind.FACTORISED_RANDOM) {
      Initializer factor = Initializer.normal(Math.pow(rank, -0.25)); // products of variance one
      all.add(Parameter.trained(LEFT, Shape.of(heads, longest, rank), factor));
      all.add(Parameter.trained(RIGHT, Shape.of(heads, rank, longest), factor));
    }
    return List.copyOf(all);
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    long longest = Math.max(graph.queries(), graph.keys());
    if (longest > spec.maxPositions()) {
      throw new IllegalArgumentException(
          "a synthesizer has weights for its model's positions only: maxPositions=%d, length=%d"
              .formatted(spec.maxPositions(), longest));
    }
    SDVariable made =
        switch (kind) {
          case DENSE -> dense(graph, query);
          case RANDOM -> random(graph);
          case FACTORISED_RANDOM -> factorised(graph);
          case DENSE_RANDOM -> dense(graph, query).add(random(graph));
        };
    // [B, H, T, S], also where all sequences share them: matrix products need equal batches
    SDVariable logits =
        kind.dense()
            ? made
            : made.add(Tables.zeros(graph, graph.batch(), spec.heads(), graph.queries(), 1));
    SDVariable weights =
        mask.masking() == Masking.NONE
            ? graph.math().softmax(logits)
            : graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
    AttentionOutput output = AttentionOutput.of(weights.mmul(value)); // [B, H, T, D]
    return graph.wants(Probe.ATTENTION)
        ? output.withProbe(Probe.ATTENTION, new ProbeValue.Dense(weights))
        : output;
  }

  @Override
  public Optional<IncrementalAttention> incremental() {
    if (!spec.masking().causal()) {
      return Optional.empty();
    }
    return Optional.of(
        setup -> {
          SynthesizedLogits logits = SynthesizedLogits.of(this, setup);
          return HeadwiseDecoding.open(setup, head -> new SynthesizerMemory(spec, logits, head));
        });
  }

  /** W₂·relu(W₁·q + b₁) + b₂, {@code [B, H, T, S]}: of L outputs those that are positions. */
  private SDVariable dense(LayerGraph graph, SDVariable query) {
    Shape ofQuery = Shape.of(graph.batch(), spec.heads(), graph.queries(), spec.headSize());
    Shape ofHidden = Shape.of(graph.batch(), spec.heads(), graph.queries(), hidden);
    SDVariable inner =
        Axes.product(query, ofQuery, graph.parameter(INNER_WEIGHT), hidden)
            .add(graph.parameter(INNER_BIAS)); // [B, H, T, hidden]
    SDVariable weight =
        Axes.slice(graph.parameter(OUTER_WEIGHT), 2, 0, 0, graph.keys()); // [S, hidden]
    SDVariable bias = Axes.slice(graph.parameter(OUTER_BIAS), 1, 0, 0, graph.keys()); // [S]
    return Axes.product(graph.sameDiff().nn().relu(inner, 0), ofHidden, weight, graph.keys())
        .add(bias);
  }

  /** {@code [1, H, T, S]}. */
  private SDVariable random(LayerGraph graph) {
    SDVariable rows = Axes.slice(graph.parameter(RANDOM), 3, 1, 0, graph.queries());
    return Axes.slice(rows, 3, 2, 0, graph.keys())
        .reshape(1, spec.heads(), graph.queries(), graph.keys());
  }

  /** {@code [1, H, T, S]}. */
  private SDVariable factorised(LayerGraph graph) {
    SDVariable rows = Axes.slice(graph.parameter(LEFT), 3, 1, 0, graph.queries());
    SDVariable columns = Axes.slice(graph.parameter(RIGHT), 3, 2, 0, graph.keys());
    return rows.mmul(columns).reshape(1, spec.heads(), graph.queries(), graph.keys());
  }
}
