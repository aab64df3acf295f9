package dev.saccade.runtime.bench;

import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.Set;

/** The context of a whole sequence. */
final class ForwardWorkload implements Workload {

  private final SingleLayer layer;
  private final LayerInputs inputs;

  ForwardWorkload(AttentionSlot slot, int length, long seed) {
    this.layer = new SingleLayer(slot, LayerSize.self(1, length), Set.of());
    this.inputs =
        LayerInputs.gaussian(
            slot.spec(), length, seed, SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE);
  }

  @Override
  public long run() {
    try (GraphOutputs outputs = layer.run(inputs.tensors())) {
      return layer.peakBytes();
    }
  }

  @Override
  public double[] results() {
    try (GraphOutputs outputs = layer.run(inputs.tensors())) {
      return LayerInputs.flat(outputs.get(SingleLayer.CONTEXT));
    }
  }

  @Override
  public void close() {
    layer.close();
    inputs.close();
  }
}
