package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.plugins.baselines.fused.BlockFeatures.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Kernelised attention as one operation of a layer's graph, described step by step: the feature
 * map, then what it is divided by, then {@link #context}. Immutable.
 */
public final class FusedMixing {

  private final LayerGraph graph;
  private final Mixing mixing;
  private final List<SDVariable> inputs; // of the feature map
  private final List<Shape> shapes;

  private FusedMixing(
      LayerGraph graph, Mixing mixing, List<SDVariable> inputs, List<Shape> shapes) {
    this.graph = graph;
    this.mixing = mixing;
    this.inputs = List.copyOf(inputs);
    this.shapes = List.copyOf(shapes);
  }

  /** Returns the kernels that a mechanism needs for this, fastest first. */
  public static List<AttentionKernel> fastestFirst() {
    return List.of(new MixingKernel(Arithmetic.SIMD), new MixingKernel(Arithmetic.PLAIN));
  }

  /** With φ(x) = elu(x) + 1. */
  public static FusedMixing elu(LayerGraph graph) {
    return new FusedMixing(graph, plain(graph, Kind.ELU), List.of(), List.of());
  }

  /**
   * With φ(x) = relu(ω·x), for x scaled by ∜(1/D).
   *
   * @param projection of rows ω, {@code [F, D]}
   */
  public static FusedMixing rectified(LayerGraph graph, SDVariable projection, long features) {
    return projected(graph, Kind.RECTIFIED, projection, features);
  }

  /** With φ(x) = exp(ω·x − |x|²/2), as {@link #rectified}; queries are shifted each by itself. */
  public static FusedMixing exponential(LayerGraph graph, SDVariable projection, long features) {
    return projected(graph, Kind.EXPONENTIAL, projection, features);
  }

  /**
   * With relu(x)·sin and relu(x)·cos.
   *
   * @param ofQueries angles, {@code [B or 1, 1, T, 1]}
   * @param ofKeys angles, {@code [B or 1, 1, S, 1]}
   * @param sequences B or 1
   */
  public static FusedMixing turned(
      LayerGraph graph, SDVariable ofQueries, SDVariable ofKeys, long sequences) {
    return new FusedMixing(
        graph,
        plain(graph, Kind.TURNED),
        List.of(ofQueries, ofKeys),
        List.of(
            Shape.of(sequences, 1, graph.queries(), 1), Shape.of(sequences, 1, graph.keys(), 1)));
  }

  private static FusedMixing projected(
      LayerGraph graph, Kind kind, SDVariable projection, long features) {
    return new FusedMixing(
        graph,
        plain(graph, kind),
        List.of(projection),
        List.of(Shape.of(features, graph.spec().headSize())));
  }

  private static Mixing plain(LayerGraph graph, Kind kind) {
    return new Mixing(kind, graph.spec().masking().causal(), false, 0, 0, 0);
  }

  /** Exponents of keys are shifted by the greatest of all keys. */
  public FusedMixing shiftedByAllKeys() {
    return with(
        new Mixing(
            mixing.kind(),
            mixing.causal(),
            true,
            mixing.added(),
            mixing.perFeature(),
            mixing.least()));
  }

  /** The sum of a query's weights is divided by after this is added. */
  public FusedMixing adding(double epsilon) {
    return with(
        new Mixing(
            mixing.kind(),
            mixing.causal(),
            mixing.shiftByAll(),
            (float) epsilon,
            mixing.perFeature(),
            mixing.least()));
  }

  /** As if there were one more key, with features of this and no value. */
  public FusedMixing addingToFeatures(double epsilon) {
    return with(
        new Mixing(
            mixing.kind(),
            mixing.causal(),
            mixing.shiftByAll(),
            mixing.added(),
            (float) epsilon,
            mixing.least()));
  }

  /** Where the sum of a query's weights is less, this is divided by. */
  public FusedMixing atLeast(double least) {
    return with(
        new Mixing(
            mixing.kind(),
            mixing.causal(),
            mixing.shiftByAll(),
            mixing.added(),
            mixing.perFeature(),
            (float) least));
  }

  private FusedMixing with(Mixing other) {
    return new FusedMixing(graph, other, inputs, shapes);
  }

  /**
   * Adds the operation if a kernel will run it.
   *
   * @param query {@code [B, H, T, D]}
   * @param key {@code [B, H, S, D]}
   * @param value {@code [B, H, S, D]}
   * @param real zero for keys that do not exist, {@code [B, S]}
   * @return the context, {@code [B, H, T, D]}; empty if the layer should add its recipe
   */
  public Optional<SDVariable> context(
      SDVariable query, SDVariable key, SDVariable value, Optional<SDVariable> real) {
    long heads = graph.spec().heads();
    long headSize = graph.spec().headSize();
    Shape ofKeys = Shape.of(graph.batch(), heads, graph.keys(), headSize);
    List<SDVariable> all = new ArrayList<>(List.of(query, key, value));
    List<Shape> allShapes =
        new ArrayList<>(
            List.of(Shape.of(graph.batch(), heads, graph.queries(), headSize), ofKeys, ofKeys));
    all.addAll(inputs);
    allShapes.addAll(shapes);
    real.ifPresent(
        keys -> {
          all.add(keys);
          allShapes.add(Shape.of(graph.batch(), graph.keys()));
        });
    if (!graph
        .fuses(MixingKernel.OPERATION, mixing.arguments(), allShapes.toArray(Shape[]::new))
        .isYes()) {
      return Optional.empty();
    }
    return Optional.of(
        graph
            .kernel(MixingKernel.OPERATION, mixing.arguments(), all.toArray(SDVariable[]::new))
            .get(MixingKernel.CONTEXT));
  }
}
