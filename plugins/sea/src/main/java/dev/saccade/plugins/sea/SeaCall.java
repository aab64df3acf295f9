package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;

/** What a layer is given where it adds itself to a graph, as its recipe and its kernels take it. */
record SeaCall(
    LayerGraph graph,
    SeaOptions options,
    SDVariable query,
    SDVariable key,
    SDVariable value,
    AttentionMask mask) {

  /** Adds the recipe. */
  SeaSteps steps() {
    return SeaSteps.of(graph, options, query, key, value, mask);
  }

  /** The inputs of kernels, as {@link SeaInputs} says. */
  List<SDVariable> inputs() {
    return List.of(SeaInputs.ofGraph(graph, options, query, key, value, mask));
  }
}
