package dev.saccade.runtime.bench;

import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.LearningLayer;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every term of a mechanism's own objective, and the gradients of their sum. */
final class DistillationWorkload implements Workload {

  private final LearningLayer layer;
  private final LayerInputs inputs;
  private final List<String> wrt;

  DistillationWorkload(AttentionSlot slot, int length, long seed) {
    this.layer = new LearningLayer(slot, LayerSize.self(1, length));
    this.inputs =
        LayerInputs.gaussian(
            slot.spec(),
            length,
            seed,
            SingleLayer.QUERY,
            SingleLayer.KEY,
            SingleLayer.VALUE,
            LearningLayer.TEACHER_QUERY,
            LearningLayer.TEACHER_KEY,
            LearningLayer.TEACHER_VALUE);
    this.wrt =
        Stream.concat(
                Stream.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE),
                Workload.trained(slot).stream())
            .toList();
  }

  @Override
  public long run() {
    try (GraphOutputs outputs = layer.gradients(inputs.tensors(), wrt)) {
      return layer.peakBytes();
    }
  }

  @Override
  public double[] results() {
    try (GraphOutputs outputs = layer.gradients(inputs.tensors(), wrt)) {
      List<INDArray> all = new ArrayList<>();
      layer.terms().forEach(term -> all.add(outputs.get(LearningLayer.term(term))));
      wrt.forEach(name -> all.add(outputs.get(name)));
      return LayerInputs.flat(all.toArray(INDArray[]::new));
    }
  }

  @Override
  public void close() {
    layer.close();
    inputs.close();
  }
}
