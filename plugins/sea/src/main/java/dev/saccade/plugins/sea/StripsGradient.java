package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;

/** The way back from the strips of the picture. */
final class StripsGradient implements EncodedGradient {

  private final BlockMath blocks;
  private final SeaSize size;
  private final SeaWeights weights;
  private final Source ofStrips;
  private final int width; // of a head's strips together
  private final float[] strips; // [rows·H, strips·W]

  /** Where the gradients of strips come from. */
  interface Source {

    /**
     * Reads those of rows {@code from} … {@code to} − 1.
     *
     * @param into {@code [rows·H, strips·W]}
     */
    void read(int sequence, int from, int to, float[] into);
  }

  StripsGradient(SeaRun run, KernelCall call, Source ofStrips) {
    this.blocks = run.blocks();
    this.size = run.size();
    this.weights = run.weights();
    this.ofStrips = ofStrips;
    this.width = size.strips().perHead() * size.stripWidth();
    this.strips = call.floats(size.blockRows() * size.heads() * width);
  }

  @Override
  public void addTo(OwnRows rows, Block encoded, Block gradient, EncoderSums sums) {
    if (rows.owned() == 0) {
      return;
    }
    ofStrips.read(rows.sequence(), rows.own(), rows.to(), strips);
    int others = rows.others() * size.heads();
    int vectors = rows.owned() * size.heads();
    Block own = Block.of(strips, vectors, width);
    Block ofEncoded = gradient.rows(others, others + vectors);
    blocks.addProduct(own, weights.rows().weight(), ofEncoded);
    blocks.addProduct(own.transposed(), encoded.rows(others, others + vectors), sums.rows());
    for (int vector = 0; vector < vectors; vector++) {
      for (int i = 0; i < own.columns(); i++) {
        sums.rowsBias()[i] += strips[own.at(vector, i)];
      }
    }
  }
}
