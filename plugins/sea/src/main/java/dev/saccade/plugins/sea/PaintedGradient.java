package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import java.util.Arrays;

/**
 * The way back of {@link PaintedBlock} from scores to strips, a segment at a time, which is painted
 * anew. To use by one thread.
 *
 * <p>Where a convolution looks back, its gradient comes from ahead, so the gradients' pictures have
 * their zeros behind the rows. They begin with the rows that the segment answers for; those after
 * them that look back to them are computed too, by this segment and by the one that answers for
 * them, so that no two threads add to the same strip.
 *
 * <pre>
 *   out = ReLU(Σ tap·in, shifted back + bias)     dtap = dout·inᵀ     din = Σ tapᵀ·dout, shifted ahead
 * </pre>
 */
final class PaintedGradient {

  private static final int BACK = PictureLayout.BACK;

  private final BlockMath blocks;
  private final SeaMath math;
  private final SeaSize size;
  private final PastWeights weights;
  private final StripRows strips;
  private final ScoreRows ofScores;
  private final StripRows ofStrips;
  private final PaintedBlock painted;
  private final PictureLayout layout;
  private final Block stretchAcross; // [M, W]
  private final float[] encoded; // [rows·2H, W], strips before their norm
  private final float[] vectors; // [rows·2H, W], behind it, then gradients
  private final float[] resized; // [rows·H, M], scores before their norm
  private final float[] scores; // [rows·H, M], gradients
  private final float[] joined; // [H, pixels], gradients
  private final float[] before; // a gradient's picture
  private final float[] behind; // the one it is computed from
  private final float[] across; // [pixels, 2H], a picture

  private PaintedGradient(
      SeaRun run,
      KernelGradientCall call,
      PastWeights weights,
      StripRows strips,
      ScoreRows ofScores,
      StripRows ofStrips) {
    this.blocks = run.blocks();
    this.size = run.size();
    this.weights = weights;
    this.strips = strips;
    this.ofScores = ofScores;
    this.ofStrips = ofStrips;
    int rows = PaintedSegment.mostRows(size);
    int channels = rows * size.channels();
    int heads = rows * size.heads();
    this.math = new SeaMath(call, blocks, channels);
    this.painted = new PaintedBlock(run, call, weights, math, rows);
    this.layout = painted.layout();
    this.stretchAcross =
        Block.of(call.floats(size.width() * size.stripWidth()), size.width(), size.stripWidth());
    blocks.copy(weights.stretch().transposed(), stretchAcross);
    this.encoded = call.floats(channels * size.stripWidth());
    this.vectors = call.floats(channels * size.stripWidth());
    this.resized = call.floats(heads * size.width());
    this.scores = call.floats(heads * size.width());
    this.joined = call.floats(size.heads() * layout.channelStride());
    this.before = call.floats(layout.numbers());
    this.behind = call.floats(layout.numbers());
    this.across = call.floats(layout.numbers());
  }

  /**
   * Writes the painting's parameters' gradients.
   *
   * @param ofScores gradients of the scores
   * @return those of the strips
   */
  static StripRows back(SeaRun run, KernelGradientCall call, StripRows strips, ScoreRows ofScores) {
    SeaSize size = run.size();
    StripRows ofStrips = StripRows.of(call, size);
    PastWeights weights = PastWeights.of(run, call);
    ParameterSums.run(
        run,
        call,
        PaintedSegment.count(size),
        PaintedSums.totals(size),
        () -> PaintedSums.of(call, size),
        () -> new PaintedGradient(run, call, weights, strips, ofScores, ofStrips),
        (worker, task, sums) -> worker.segment(PaintedSegment.of(size, task), sums));
    return ofStrips;
  }

  private void segment(PaintedSegment segment, PaintedSums sums) {
    sums.clear();
    paint(segment);
    int others = segment.from() - segment.start();
    int own = segment.to() - segment.from();
    int rows = segment.end() - segment.from();
    throughJoin(segment, others, own, rows, sums);
    for (int i = weights.refinements().size() - 1; i >= 0; i--) {
      System.arraycopy(before, 0, behind, 0, before.length);
      throughConvolution(i, others, own, rows, sums.refinements().get(i));
    }
    toStrips(others, own, sums);
    ofStrips.write(segment.sequence(), segment.from(), segment.to(), vectors);
  }

  /** As on the way forward, all rows of the segment at once. */
  private void paint(PaintedSegment segment) {
    int rows = segment.end() - segment.start();
    strips.read(segment.sequence(), segment.start(), segment.end(), encoded);
    Block normalised = strips(vectors, rows);
    System.arraycopy(encoded, 0, vectors, 0, normalised.rows() * normalised.columns());
    math.normalise(normalised, weights.stripsNorm());
    painted.begin();
    painted.refine(rows, normalised);
    painted.join(rows, Block.of(resized, rows * size.heads(), size.width()));
  }

  /** From the scores to the last picture. */
  private void throughJoin(
      PaintedSegment segment, int others, int own, int rows, PaintedSums sums) {
    ofScores.read(segment.sequence(), segment.from(), segment.end(), scores);
    Block gradient = Block.of(scores, rows * size.heads(), size.width());
    Block unnormalised = Block.of(resized, (others + rows) * size.heads(), size.width());
    NormGradient norm = sums.scoresNorm(weights.scoresNorm());
    for (int i = 0; i < gradient.rows(); i++) {
      norm.throughRow(unnormalised, others * size.heads() + i, gradient, i, i < own * size.heads());
    }

    int stride = layout.channelStride();
    Arrays.fill(joined, 0);
    for (int head = 0; head < size.heads(); head++) {
      Block ofHead =
          new Block(
              joined,
              head * stride + layout.at(0, 0),
              rows,
              size.stripWidth(),
              layout.columns(),
              1);
      blocks.product(painted.ofHead(gradient, head), stretchAcross, ofHead);
    }
    int last = weights.refinements().size();
    transpose(painted.picture(last));
    blocks.addProduct(joined(layout.pixels(own)), seen(others, 0, layout.pixels(own)), sums.join());
    int pixels = layout.wholePixels(rows);
    Block into = layout.run(before, 0, 0, pixels);
    blocks.product(weights.join().transposed(), joined(pixels), into);
    mask(painted.picture(last), others, rows);
  }

  private Block joined(int pixels) {
    return new Block(joined, layout.at(0, 0), size.heads(), pixels, layout.channelStride(), 1);
  }

  /** From what convolution i made of its picture to that picture. */
  private void throughConvolution(
      int i, int others, int own, int rows, PaintedSums.Refinement sums) {
    transpose(painted.picture(i));
    Block ownBehind = layout.run(behind, 0, 0, layout.pixels(own));
    for (int channel = 0; channel < size.channels(); channel++) {
      int at = ownBehind.at(channel, 0);
      for (int pixel = at; pixel < at + ownBehind.columns(); pixel++) {
        sums.bias()[channel] += behind[pixel];
      }
    }
    int pixels = layout.wholePixels(rows);
    Block into = layout.run(before, 0, 0, pixels);
    Arrays.fill(before, 0);
    PastWeights.Refinement refinement = weights.refinements().get(i);
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        int reach = layout.reach(row, column);
        blocks.addProduct(
            ownBehind, seen(others, reach, ownBehind.columns()), sums.tap(row, column));
        blocks.addProduct(
            refinement.tap(row, column).transposed(), layout.run(behind, 0, reach, pixels), into);
      }
    }
    if (i > 0) {
      mask(painted.picture(i), others, rows);
    }
  }

  /** Zeroes gradients where the ReLU was shut, and where there are no pixels. */
  private void mask(float[] picture, int others, int rows) {
    for (int channel = 0; channel < size.channels(); channel++) {
      int at = layout.at(channel, 0);
      int pixel = layout.at(channel, BACK + others);
      for (int i = 0; i < layout.pixels(rows); i++) {
        before[at + i] = picture[pixel + i] > 0 ? before[at + i] : 0;
      }
    }
    layout.clearBorders(before, 0, rows);
    layout.clearBehind(before, rows);
  }

  private void transpose(float[] picture) {
    blocks.copy(
        whole(picture).transposed(), Block.of(across, layout.channelStride(), size.channels()));
  }

  private Block whole(float[] picture) {
    return Block.of(picture, size.channels(), layout.channelStride());
  }

  /** What a tap multiplied for so many pixels of the segment's own, {@code [pixels, 2H]}. */
  private Block seen(int others, int reach, int pixels) {
    int first = layout.at(0, BACK + others) - reach;
    return Block.of(across, layout.channelStride(), size.channels()).rows(first, first + pixels);
  }

  /** From the first picture to the strips, left in {@link #vectors}. */
  private void toStrips(int others, int own, PaintedSums sums) {
    for (int row = 0; row < own; row++) {
      for (int channel = 0; channel < size.channels(); channel++) {
        System.arraycopy(
            before,
            layout.at(channel, row),
            vectors,
            (row * size.channels() + channel) * size.stripWidth(),
            size.stripWidth());
      }
    }
    Block gradient = strips(vectors, own);
    Block unnormalised = strips(encoded, others + own);
    NormGradient norm = sums.stripsNorm(weights.stripsNorm());
    for (int i = 0; i < gradient.rows(); i++) {
      norm.throughRow(unnormalised, others * size.channels() + i, gradient, i, true);
    }
  }

  /** So many rows, {@code [rows·2H, W]}. */
  private Block strips(float[] data, int rows) {
    return Block.of(data, rows * size.channels(), size.stripWidth());
  }
}
