package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * The scores of every row of the estimate, or their gradients. Different rows and heads may be read
 * and written by different threads.
 *
 * @param numbers {@code [B, T′, H, M]}
 */
record ScoreRows(SeaSize size, Tensor numbers) {

  /** All rows of all sequences, painted from the strips. */
  static ScoreRows painted(SeaRun run, KernelCall call, StripRows strips) {
    SeaSize size = run.size();
    ScoreRows scores =
        new ScoreRows(
            size, call.scratch(Shape.of(size.batch(), size.rows(), size.heads(), size.width())));
    PastWeights weights = PastWeights.of(run, call);
    call.parallel(
        PaintedSegment.count(size),
        () -> new Painter(run, call, weights, strips),
        (painter, task) -> painter.paint(PaintedSegment.of(size, task), scores));
    return scores;
  }

  /** Paints a segment. To use by one thread. */
  private static final class Painter {

    private final SeaSize size;
    private final StripRows strips;
    private final PaintedBlock painted;
    private final float[] ofStrips; // [rows·2H, W]
    private final float[] ofScores; // [rows·H, M]

    Painter(SeaRun run, KernelCall call, PastWeights weights, StripRows strips) {
      this.size = run.size();
      this.strips = strips;
      int rows = PaintedSegment.mostRows(size);
      int vectors = rows * size.channels();
      SeaMath math = new SeaMath(call, run.blocks(), vectors);
      this.painted = new PaintedBlock(run, call, weights, math, rows);
      this.ofStrips = call.floats(vectors * size.stripWidth());
      this.ofScores = call.floats(rows * size.heads() * size.width());
    }

    void paint(PaintedSegment segment, ScoreRows scores) {
      int rows = segment.to() - segment.start();
      strips.read(segment.sequence(), segment.start(), segment.to(), ofStrips);
      painted.begin();
      painted.paint(
          rows,
          Block.of(ofStrips, rows * size.channels(), size.stripWidth()),
          Block.of(ofScores, rows * size.heads(), size.width()));
      scores.write(
          segment.sequence(),
          segment.from(),
          segment.to(),
          ofScores,
          segment.from() - segment.start());
    }
  }

  /** Reads rows {@code from} … {@code to} − 1 of all heads. */
  void read(int sequence, int from, int to, float[] into) {
    numbers.read(first(sequence, from, 0), into, 0, (to - from) * row());
  }

  /** Writes rows {@code from} … {@code to} − 1 of all heads, which are rows {@code at} … here. */
  private void write(int sequence, int from, int to, float[] rows, int at) {
    numbers.write(first(sequence, from, 0), rows, at * row(), (to - from) * row());
  }

  /** Reads a row of one head. */
  void read(int sequence, int head, int row, double[] into) {
    numbers.read(first(sequence, row, head), into, 0, size.width());
  }

  /** Replaces a row of one head. */
  void write(int sequence, int head, int row, double[] scores) {
    numbers.write(first(sequence, row, head), scores, 0, size.width());
  }

  private long first(int sequence, int row, int head) {
    return ((long) sequence * size.rows() + row) * row() + (long) head * size.width();
  }

  private int row() {
    return size.heads() * size.width();
  }
}
