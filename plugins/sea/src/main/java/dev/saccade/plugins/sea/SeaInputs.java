package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * The inputs of operation {@value SeaKernel#OPERATION}, by their numbers:
 *
 * <pre>
 *   0 query, 1 key, 2 value      [B, H, T, D]
 *   3 k                          scalar; live
 *   4 …                          the layer's parameters, in the order of {@link SeaParameters}
 *   last, if there is padding    real, [B, T]
 * </pre>
 *
 * @param parameters as the layer declares them
 * @param real the number of the last input, if there is padding
 */
record SeaInputs(List<Parameter> parameters, Optional<Integer> real) {

  static final int QUERY = 0;
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int KEPT = 3;
  private static final int FIRST_PARAMETER = 4;

  /** Those of a layer of {@code options} for queries {@code [B, H, T, D]}. */
  static SeaInputs of(KernelRequest request, SeaOptions options) {
    return of(spec(request), options, request.inputs().size());
  }

  /** As far as a kernel can tell it from its inputs, and needs to. */
  static AttentionSpec spec(KernelRequest request) {
    Shape query = request.inputs().get(QUERY);
    return AttentionSpec.multiHead((int) query.axis(1), (int) query.axis(3))
        .withMaxPositions((int) query.axis(2))
        .withMasking(request.arguments().flag(SeaOptions.CAUSAL) ? Masking.CAUSAL : Masking.NONE);
  }

  private static SeaInputs of(AttentionSpec spec, SeaOptions options, int count) {
    List<Parameter> parameters = SeaParameters.of(spec, options);
    int unpadded = FIRST_PARAMETER + parameters.size();
    return new SeaInputs(parameters, count > unpadded ? Optional.of(unpadded) : Optional.empty());
  }

  /** The inputs as a graph has them. */
  static SDVariable[] ofGraph(
      LayerGraph graph,
      SeaOptions options,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      AttentionMask mask) {
    List<SDVariable> inputs =
        new ArrayList<>(List.of(query, key, value, graph.option(SeaOptions.KEPT)));
    for (Parameter parameter : SeaParameters.of(graph.spec(), options)) {
      inputs.add(graph.parameter(parameter.name()));
    }
    mask.keys().ifPresent(inputs::add);
    return inputs.toArray(SDVariable[]::new);
  }

  /** The shapes of {@link #ofGraph}. */
  static Shape[] shapes(LayerGraph graph, SeaOptions options) {
    AttentionSpec spec = graph.spec();
    Shape each = Shape.of(graph.batch(), spec.heads(), graph.queries(), spec.headSize());
    List<Shape> shapes = new ArrayList<>(List.of(each, each, each, Shape.of()));
    SeaParameters.of(spec, options).forEach(parameter -> shapes.add(parameter.shape()));
    if (spec.masking().padded()) {
      shapes.add(Shape.of(graph.batch(), graph.keys()));
    }
    return shapes.toArray(Shape[]::new);
  }

  /** The number of a parameter. */
  int parameter(String name) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(name)) {
        return FIRST_PARAMETER + i;
      }
    }
    throw new IllegalArgumentException("SEA has no parameter " + name);
  }

  /** Checks that the shapes fit together, but for the number of learned positions. */
  void check(KernelRequest request) {
    List<Shape> shapes = request.inputs();
    Shape query = shapes.get(QUERY);
    require("key", shapes.get(KEY), query);
    require("value", shapes.get(VALUE), query);
    for (Parameter parameter : parameters) {
      Shape shape = shapes.get(parameter(parameter.name()));
      if (!parameter.name().equals(SeaParameters.POSITIONS)) {
        require(parameter.name(), shape, parameter.shape());
      } else if (shape.axis(2) < query.axis(2)) {
        throw new IllegalArgumentException(
            "causal SEA has learned %d positions, the most that the model admits, but the sequence has %d"
                .formatted(shape.axis(2), query.axis(2)));
      }
    }
    real.ifPresent(
        input -> require("real", shapes.get(input), Shape.of(query.axis(0), query.axis(2))));
  }

  private static void require(String name, Shape actual, Shape expected) {
    if (!actual.equals(expected)) {
      throw new IllegalArgumentException(
          "%s must be %s but is %s".formatted(name, expected, actual));
    }
  }
}
