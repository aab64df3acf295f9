package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/** The way back from the two gates of every row, before they are opened. */
final class GatesGradient implements EncodedGradient {

  private final SeaSize size;
  private final SeaWeights weights;
  private final Tensor ofGates; // [B·H, T′, 2]
  private final float[] ofHead; // [rows, 2]

  GatesGradient(SeaRun run, KernelCall call, Tensor ofGates) {
    this.size = run.size();
    this.weights = run.weights();
    this.ofGates = ofGates;
    this.ofHead = call.floats(size.blockRows() * 2);
  }

  @Override
  public void addTo(OwnRows rows, Block encoded, Block gradient, EncoderSums sums) {
    for (int head = 0; head < size.heads() && rows.owned() > 0; head++) {
      long first = ((long) rows.sequence() * size.heads() + head) * size.rows() + rows.own();
      ofGates.read(2 * first, ofHead, 0, 2 * rows.owned());
      for (int i = 0; i < rows.owned(); i++) {
        int vector = (rows.others() + i) * size.heads() + head;
        addTo(vector, ofHead[2 * i], ofHead[2 * i + 1], encoded, gradient, sums);
      }
    }
  }

  private void addTo(
      int vector, float first, float second, Block encoded, Block gradient, EncoderSums sums) {
    int width = encoded.columns();
    int at = encoded.at(vector, 0);
    float[] weight = weights.gates().weight().data(); // [2, 2D]
    double[] ofWeight = sums.gates(); // [2, 2D]
    for (int i = 0; i < width; i++) {
      gradient.data()[at + i] += first * weight[i] + second * weight[width + i];
      ofWeight[i] += first * encoded.data()[at + i];
      ofWeight[width + i] += second * encoded.data()[at + i];
    }
    sums.gateBias()[0] += first;
    sums.gateBias()[1] += second;
  }
}
