package dev.saccade.runtime.bench;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.SingleLayer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One position after a prompt: each run takes the next, so a length is exact for the first and some
 * positions more for later ones.
 */
final class DecodeWorkload implements Workload {

  /** Positions that can be taken after the prompt. */
  static final int MORE = 64;

  /** Positions of the prompt that are taken at once. */
  private static final int PORTION = 512;

  private final LayerDecoding decoding;
  private final LayerInputs inputs;
  private int position;

  DecodeWorkload(AttentionSlot slot, int length, long seed) {
    this.decoding =
        slot.decoding(1, length + MORE)
            .orElseThrow(
                () ->
                    new SaccadeException(
                        slot.mechanism() + " does not decode position by position"));
    this.inputs =
        LayerInputs.gaussian(
            slot.spec(),
            length + MORE,
            seed,
            SingleLayer.QUERY,
            SingleLayer.KEY,
            SingleLayer.VALUE);
    while (position < length - 1) {
      take(Math.min(PORTION, length - 1 - position)).close();
    }
  }

  private INDArray take(int count) {
    int from = position;
    int to = position + count;
    if (to > decoding.capacity()) {
      throw new SaccadeException(
          "only %d positions can be taken one by one here; ask for fewer repetitions"
              .formatted(MORE));
    }
    INDArray context =
        decoding.advance(
            part(SingleLayer.QUERY, from, to),
            part(SingleLayer.KEY, from, to),
            part(SingleLayer.VALUE, from, to),
            null);
    position = to;
    return context;
  }

  private INDArray part(String name, int from, int to) {
    return inputs.get(name).get(all(), all(), interval(from, to), all());
  }

  @Override
  public long run() {
    take(1).close();
    return decoding.bytes();
  }

  @Override
  public int runsLeft() {
    return decoding.capacity() - position;
  }

  /** The context of the next position. */
  @Override
  public double[] results() {
    try (INDArray context = take(1)) {
      return LayerInputs.flat(context);
    }
  }

  @Override
  public void close() {
    decoding.close();
    inputs.close();
  }
}
