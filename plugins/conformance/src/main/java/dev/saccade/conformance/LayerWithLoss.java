package dev.saccade.conformance;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Parameter;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer in a graph with a loss: the context weighed by given numbers and summed, plus the
 * mechanism's own losses and, if it has one, its objective against a teacher.
 */
final class LayerWithLoss implements AutoCloseable {

  static final String WEIGHING = "weighing";
  static final String LOSS = "loss";

  private final InstalledLayer layer;
  private final List<LossTerm> terms;
  private final GraphRunner runner;
  private final Set<String> reached;

  private LayerWithLoss(InstalledLayer layer, LayerSize size, Lesson lesson) {
    this.layer = layer;
    SameDiff graph = SameDiff.create();
    AttentionOutput output = layer.addTo(graph, size, Set.of());
    SDVariable context = graph.identity(SingleLayer.CONTEXT, output.context());
    SDVariable loss =
        context.mul(graph.placeHolder(WEIGHING, context.dataType(), contextShape(size))).sum();
    this.terms =
        lesson == Lesson.CONTEXT
            ? List.of()
            : output
                .objective()
                .map(own -> own.terms(GivenTeacher.in(graph, layer.slot().spec(), size)))
                .orElse(List.of());
    if (lesson == Lesson.ALL) {
      for (SDVariable own : output.losses().values()) {
        loss = loss.add(own);
      }
    }
    for (LossTerm term : terms) {
      loss = loss.add(graph.identity(nameOf(term), term.value()).mul(term.weight()));
    }
    graph.identity(LOSS, loss);
    this.reached = ancestors(graph, LOSS);
    this.runner = new GraphRunner(graph);
  }

  /** What the loss consists of. */
  private enum Lesson {
    CONTEXT,
    ALL
  }

  /** With the mechanism's own losses, and its objective against a teacher. */
  static LayerWithLoss learning(Case trial, LayerSize size) {
    return learning(new InstalledLayer(trial), size);
  }

  /** As above, of an installed layer that it takes over. */
  static LayerWithLoss learning(InstalledLayer layer, LayerSize size) {
    return of(layer, size, Lesson.ALL);
  }

  /** With the context alone. */
  static LayerWithLoss ofContext(Case trial, LayerSize size) {
    return ofContext(new InstalledLayer(trial), size);
  }

  /** As above, of an installed layer that it takes over. */
  static LayerWithLoss ofContext(InstalledLayer layer, LayerSize size) {
    return of(layer, size, Lesson.CONTEXT);
  }

  private static LayerWithLoss of(InstalledLayer layer, LayerSize size, Lesson lesson) {
    try {
      return new LayerWithLoss(layer, size, lesson);
    } catch (RuntimeException e) {
      layer.close();
      throw e;
    }
  }

  InstalledLayer layer() {
    return layer;
  }

  /** The terms of the mechanism's own objective; none if it has none. */
  List<LossTerm> terms() {
    return terms;
  }

  static String nameOf(LossTerm term) {
    return "term." + term.name();
  }

  /** Everything that the loss is computed from: what enters the layer, and what the loss needs. */
  Feed feed(LayerInputs inputs, TensorValues weighing) {
    Feed feed = new Feed(layer.slot().spec().elementType(), inputs).and(WEIGHING, weighing);
    if (!terms.isEmpty()) {
      GivenTeacher.feed(feed, layer.slot().spec(), inputs);
    }
    return feed;
  }

  double value(Feed feed, String scalar) {
    try (GraphOutputs seen = runner.run(feed.arrays(), scalar)) {
      return seen.scalar(scalar);
    }
  }

  /**
   * Gradients of the loss in the inputs and every trained parameter, by the names of inputs and
   * parameters; zero where the loss does not depend on one.
   */
  Map<String, TensorValues> gradients(Feed feed) {
    Map<String, String> variables = new LinkedHashMap<>();
    for (String input : List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)) {
      variables.put(input, input);
    }
    for (Parameter parameter : layer.trained()) {
      variables.put(parameter.name(), layer.variable(parameter.name()));
    }
    List<String> dependent = variables.values().stream().filter(reached::contains).toList();
    Map<String, TensorValues> gradients = new LinkedHashMap<>();
    try (GraphOutputs seen = runner.gradients(feed.arrays(), LOSS, dependent)) {
      variables.forEach(
          (name, variable) ->
              gradients.put(
                  name,
                  reached.contains(variable)
                      ? TensorValues.of(seen.get(variable))
                      : TensorValues.of(array(feed, name)).map(x -> 0)));
    }
    return gradients;
  }

  /** The memory of an input or a parameter, to be changed in place. */
  INDArray array(Feed feed, String name) {
    return feed.arrays().containsKey(name) ? feed.array(name) : layer.parameter(name);
  }

  /** The most native memory that the last run held at once, inputs and parameters aside. */
  long peakBytes() {
    return runner.peakBytes();
  }

  private long[] contextShape(LayerSize size) {
    return new long[] {
      size.batch(), layer.slot().spec().heads(), size.queries(), layer.slot().spec().headSize()
    };
  }

  /** Every variable that a variable is computed from. */
  private static Set<String> ancestors(SameDiff graph, String variable) {
    Map<String, SameDiffOp> makers = new LinkedHashMap<>();
    for (SameDiffOp op : graph.getOps().values()) {
      op.getOutputsOfOp().forEach(output -> makers.put(output, op));
    }
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(variable));
    while (!open.isEmpty()) {
      SameDiffOp maker = makers.get(open.pop());
      List<String> inputs =
          maker == null
              ? List.of()
              : Objects.requireNonNullElse(maker.getInputsToOp(), new ArrayList<>());
      inputs.stream().filter(seen::add).forEach(open::push);
    }
    return seen;
  }

  @Override
  public void close() {
    runner.close();
    layer.close();
  }
}
