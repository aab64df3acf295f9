package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.function.IntFunction;

/**
 * The rough context and the value of some rows, and what {@link Estimate} encodes of them: the
 * strips of the picture, and the gates. The heads of a row lie side by side, so that a joint
 * encoder sees them as one vector. To use by one thread.
 */
final class EncodedBlock {

  private final SeaMath math;
  private final SeaSize size;
  private final SeaWeights weights;
  private final float[] seen; // [rows·H, 3D]
  private final float[] encoded; // [rows·H, 2D]
  private final float[] strips; // [rows·H, strips·W]
  private final float[] gates; // [rows·H, 2]
  private final float[] logits; // [rows·H], of one gate

  EncodedBlock(SeaRun run, KernelCall call, SeaMath math) {
    this(run.size(), run.weights(), call::floats, math);
  }

  EncodedBlock(SeaSize size, SeaWeights weights, IntFunction<float[]> memory, SeaMath math) {
    this.math = math;
    this.size = size;
    this.weights = weights;
    int rows = size.blockRows() * size.heads();
    this.seen = memory.apply(rows * 3 * size.headSize());
    this.encoded = memory.apply(rows * 2 * size.headSize());
    this.strips = memory.apply(rows * size.strips().perHead() * size.stripWidth());
    this.gates = memory.apply(rows * 2);
    this.logits = memory.apply(rows);
  }

  /** Where the rough context of a head goes, {@code [rows, 2D]}. */
  Block context(int head, int rows) {
    return seen(head, rows).columns(0, 2 * size.headSize());
  }

  /** Where the values of a head go, {@code [rows, D]}. */
  Block values(int head, int rows) {
    return seen(head, rows).columns(2 * size.headSize(), 3 * size.headSize());
  }

  /** All of them, {@code [rows·H, 3D]}. */
  Block seen(int rows) {
    return Block.of(seen, rows * size.heads(), 3 * size.headSize());
  }

  private Block seen(int head, int rows) {
    int width = 3 * size.headSize();
    return new Block(seen, head * width, rows, width, size.heads() * width, 1);
  }

  /** Encodes what stands in {@link #context} and {@link #values}. */
  void encode(int rows) {
    int together = size.options().jointEncoder() ? size.heads() : 1;
    int vectors = rows * size.heads() / together;
    int width = size.headSize() * together;
    Block hidden = Block.of(encoded, vectors, 2 * width);
    weights.encoder().apply(math, Block.of(seen, vectors, 3 * width), hidden);
    math.normalise(hidden, weights.encoderNorm());
    math.blocks().gelu(hidden);
  }

  /** Strip s of head h is channel strips·h + s, {@code [rows·strips·H, W]}. */
  Block strips(int rows) {
    int vectors = rows * size.heads();
    int width = size.stripWidth();
    int perHead = size.strips().perHead();
    weights.rows().apply(math, encoded(vectors), Block.of(strips, vectors, perHead * width));
    return Block.of(strips, perHead * vectors, width);
  }

  /** Of the sparse attention of each row and head, and its part in the mixture, opened. */
  float[] gates(int rows) {
    int vectors = rows * size.heads();
    for (int gate = 0; gate < 2; gate++) {
      boolean open = gate == 0 && !size.options().scaled();
      math.rowProducts(encoded(vectors), weights.gates().weight(), gate, logits);
      for (int i = 0; i < vectors; i++) {
        double logit = (double) logits[i] + weights.gates().bias().data()[gate];
        gates[2 * i + gate] = open ? 1 : (float) Numbers.logistic(logit);
      }
    }
    return gates;
  }

  private Block encoded(int vectors) {
    return Block.of(encoded, vectors, 2 * size.headSize());
  }
}
