package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import java.util.List;

/**
 * The scores of causal attention, painted segment by segment.
 *
 * @param strips that they are painted from
 */
record PastScores(SeaRun run, StripRows strips, ScoreRows rows) implements EstimatedScores {

  static PastScores of(SeaRun run, KernelCall call) {
    StripRows strips = StripRows.encoded(run, call);
    ScoreRows scores = ScoreRows.of(call, run.size());
    PastWeights weights = PastWeights.of(run, call);
    call.parallel(
        PaintedSegment.count(run.size()),
        () -> new Painter(run, call, weights, strips),
        (painter, task) -> painter.paint(PaintedSegment.of(run.size(), task), scores));
    return new PastScores(run, strips, scores);
  }

  @Override
  public void goBack(KernelGradientCall call) {
    StripRows ofStrips = PaintedGradient.back(run, call, strips, rows);
    new EstimateGradient(run, call)
        .compute(() -> List.of(new StripsGradient(run, call, ofStrips::read)));
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
}
