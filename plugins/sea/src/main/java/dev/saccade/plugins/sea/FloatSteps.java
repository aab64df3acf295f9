package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.BlockMath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@link FloatSequence} does with a portion, step by step. Within a step, heads, blocks and
 * stretches of positions are each for any thread; steps follow one another.
 */
final class FloatSteps {

  private final SeaSize size;
  private final FloatSequence.Layer layer;
  private final BlockMath math;
  private final FloatPortion portion;
  private final int first; // positions before the portion
  private final List<DecodedRows> blocks = new ArrayList<>();
  private final float[] context; // [H, n, D]; first the averages

  FloatSteps(
      SeaSize size, FloatSequence.Layer layer, BlockMath math, FloatPortion portion, int first) {
    this.size = size;
    this.layer = layer;
    this.math = math;
    this.portion = portion;
    this.first = first;
    for (int from = 0; from < portion.end(); from += size.blockPositions()) {
      int rows = SeaSize.ceilingOf(end(from) - from, size.every());
      blocks.add(new DecodedRows(size, layer.parameters(), math, rows));
    }
    this.context = new float[size.heads() * size.length() * size.headSize()];
  }

  /** One after the last position of the block that begins at one. */
  private int end(int from) {
    return Math.min(from + size.blockPositions(), portion.end());
  }

  /** What a thread needs to {@link #roughen}. */
  RoughContext rough() {
    return new RoughContext(math, size, layer.parameters(), float[]::new, portion);
  }

  /** Adds the positions to what is remembered of a head, and leaves their rough contexts. */
  void roughen(RoughContext rough, int head, FloatHead memory, int realBefore) {
    int start = -portion.before();
    if (start < 0) {
      rough.load(0, head, start, 0);
      memory.sums().add(rough, -start);
    }
    for (int block = 0; block < blocks.size(); block++) {
      DecodedRows rows = blocks.get(block);
      int from = block * size.blockPositions();
      int row = block * size.blockRows();
      rough.load(0, head, from, end(from));
      rough.ask(0, head, row, row + rows.rows());
      rough.mix(memory.sums().now(), rows.context(head));
      rough.values(rows.values(head));
      memory.sums().add(rough, end(from) - from);
    }
    for (int position = start; position < portion.end(); position++) {
      int at = portion.at(head, position);
      if (portion.isReal(position, realBefore)) {
        memory.keys().add(portion.keys(), portion.values(), at);
      }
      int number = first + portion.before() + position + 1;
      memory.average(portion.values(), at, number, context);
    }
  }

  /** How many blocks there are to {@link #encode}. */
  int blocks() {
    return blocks.size();
  }

  void encode(int block) {
    blocks.get(block).encode();
  }

  /**
   * Paints all rows.
   *
   * @param past what convolutions look back to; replaced by what the next will
   */
  void paint(float[] past) {
    if (blocks.isEmpty()) {
      return;
    }
    PaintedBlock painted =
        new PaintedBlock(
            size,
            layer.painting(),
            float[]::new,
            SeaMath.of(float[]::new, math, size),
            size.blockRows());
    painted.begin(past);
    blocks.forEach(block -> block.paint(painted));
    painted.keep(past);
  }

  /**
   * How many stretches there are to {@link #attend}: the positions before all blocks, and those.
   */
  int stretches() {
    return blocks.size() + 1;
  }

  /**
   * Finds the context of some positions.
   *
   * @param before the row that serves the positions before all blocks
   */
  void attend(FloatAttention attention, int stretch, Optional<EstimatedRow> before) {
    if (stretch == 0) {
      for (int position = -portion.before(); position < 0; position++) {
        attend(attention, position, before.orElseThrow());
      }
      return;
    }
    DecodedRows rows = blocks.get(stretch - 1);
    rows.weigh();
    int from = (stretch - 1) * size.blockPositions();
    for (int position = from; position < end(from); position++) {
      attend(attention, position, rows.row((position - from) / size.every()));
    }
  }

  private void attend(FloatAttention attention, int position, EstimatedRow row) {
    int number = first + portion.before() + position + 1;
    attention.attend(portion, position, number, row, context);
  }

  /** {@code [H, n, D]}. */
  float[] context() {
    return context;
  }

  /** The last row, if there is a new one. */
  Optional<EstimatedRow> lastRow() {
    if (blocks.isEmpty()) {
      return Optional.empty();
    }
    DecodedRows rows = blocks.get(blocks.size() - 1);
    return Optional.of(rows.row(rows.rows() - 1).copy(size));
  }
}
