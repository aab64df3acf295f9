package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.option.Options;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A golden case in a graph of its own: its weights, its inputs, and the steps of SEA on them.
 *
 * <p>In float64, so that what differs from the published float32 run is the formula, or that run's
 * own rounding, which the tolerances know. {@link SeaInRuntimeTest} computes in float32.
 */
record GoldenLayer(TestGraph graph, SeaOptions options, SeaSteps steps) {

  static GoldenLayer of(SeaCase golden) {
    return of(golden, Options.parse(SeaOptions.SCHEMA, golden.options()));
  }

  static SeaOptions options(SeaCase golden) {
    return SeaOptions.from(Options.parse(SeaOptions.SCHEMA, golden.options()));
  }

  static GoldenLayer of(SeaCase golden, Options chosen) {
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    AttentionSpec spec = golden.spec().withElementType(ElementType.F64);
    SeaOptions options = SeaOptions.from(chosen);
    TestGraph graph = new TestGraph(spec, query.size(0), query.size(2), options.kept(), Set.of());
    for (Parameter parameter : SeaParameters.of(spec, options)) {
      graph.withParameter(parameter.name(), golden.parameter(parameter, options));
    }
    SDVariable queries = graph.input("query", query);
    SDVariable keys = graph.input("key", golden.tensor("in.k"));
    SDVariable values = graph.input("value", golden.tensor("in.v"));
    SeaSteps steps =
        SeaSteps.of(
            graph,
            options,
            queries,
            keys,
            values,
            graph.mask(golden.padded() ? golden.realPositions() : null));
    return new GoldenLayer(graph, options, steps);
  }
}
