package dev.saccade.runtime.bench;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphReach;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradients of Σ context · weighing, with random weighing so that all of the context counts.
 */
final class TrainingWorkload implements Workload {

  private static final String WEIGHING = "weighing";
  private static final String LOSS = "loss";

  private final GraphRunner runner;
  private final LayerInputs inputs;
  private final List<String> wrt;

  TrainingWorkload(AttentionSlot slot, int length, long seed) {
    AttentionSpec spec = slot.spec();
    SameDiff graph = SameDiff.create();
    DataType type = spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    long[] shape = {1, spec.heads(), length, spec.headSize()};
    SDVariable context =
        slot.addTo(
                graph,
                LayerSize.self(1, length),
                graph.placeHolder(SingleLayer.QUERY, type, shape),
                graph.placeHolder(SingleLayer.KEY, type, shape),
                graph.placeHolder(SingleLayer.VALUE, type, shape),
                null,
                Set.of())
            .context();
    context.mul(graph.placeHolder(WEIGHING, type, shape)).sum(LOSS);
    this.runner = new GraphRunner(graph);
    this.inputs =
        LayerInputs.gaussian(
            spec, length, seed, SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE, WEIGHING);
    // What the context does not depend on, such as keys that a mechanism ignores, has no gradient.
    this.wrt = new ArrayList<>();
    Stream.concat(
            Stream.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE),
            Workload.trained(slot).stream())
        .filter(name -> GraphReach.depends(graph, LOSS, name))
        .forEach(wrt::add);
  }

  @Override
  public long run() {
    try (GraphOutputs outputs = runner.gradients(inputs.tensors(), LOSS, wrt)) {
      return runner.peakBytes();
    }
  }

  @Override
  public double[] results() {
    try (GraphOutputs outputs = runner.gradients(inputs.tensors(), LOSS, wrt)) {
      return LayerInputs.flat(wrt.stream().map(outputs::get).toArray(INDArray[]::new));
    }
  }

  @Override
  public void close() {
    runner.close();
    inputs.close();
  }
}
