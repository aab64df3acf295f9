package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;

/** A block of rows of the estimate of one sequence. To use by one thread at a time. */
final class DecodedRows {

  private final SeaSize size;
  private final int rows;
  private final SeaMath math;
  private final EncodedBlock encoded;
  private final Block weights; // [rows·H, M]
  private Block strips; // [rows·2H, W]
  private float[] gates = new float[0]; // [rows·H, 2]

  /**
   * @param size of a portion; its blocks have at least as many rows
   */
  DecodedRows(SeaSize size, SeaWeights parameters, BlockMath blocks, int rows) {
    this.size = size;
    this.rows = rows;
    this.math = SeaMath.of(float[]::new, blocks, size);
    this.encoded = new EncodedBlock(size, parameters, float[]::new, math);
    this.weights = Block.of(rows * size.heads(), size.width());
    this.strips = weights;
  }

  int rows() {
    return rows;
  }

  /** Where the rough context of a head goes, {@code [rows, 2D]}. */
  Block context(int head) {
    return encoded.context(head, rows);
  }

  /** Where the values of a head go, {@code [rows, D]}. */
  Block values(int head) {
    return encoded.values(head, rows);
  }

  /** Makes strips and gates of contexts and values. */
  void encode() {
    encoded.encode(rows);
    gates = encoded.gates(rows);
    strips = encoded.strips(rows);
  }

  /** Makes scores of strips, behind the rows that were painted before. */
  void paint(PaintedBlock painted) {
    painted.paint(rows, strips, weights);
  }

  /** Makes weights of scores. */
  void weigh() {
    math.softmax(weights);
  }

  EstimatedRow row(int row) {
    int first = row * size.heads();
    return new EstimatedRow(weights.data(), first * size.width(), gates, 2 * first);
  }
}
