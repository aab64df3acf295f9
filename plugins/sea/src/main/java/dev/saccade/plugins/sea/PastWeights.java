package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.List;

/**
 * The parameters of {@link PaintedPast} as {@link PaintedBlock} multiplies with them, read once for
 * all threads.
 *
 * @param stripsNorm over W
 * @param refinements of the picture, in order
 * @param join {@code [H, 2H]}
 * @param stretch how many of a new column's parts come from a column of a strip, {@code [W, M]}
 * @param scoresNorm over M
 */
record PastWeights(
    SeaWeights.Norm stripsNorm,
    List<Refinement> refinements,
    Block join,
    Block stretch,
    SeaWeights.Norm scoresNorm) {

  /**
   * A convolution that looks back.
   *
   * @param weight {@code [2H·2H·3·3]}
   * @param bias {@code [1, 2H]}
   */
  record Refinement(Block weight, Block bias) {

    /** The weights of one of the nine taps, {@code [out, in]}. */
    Block tap(int row, int column) {
      int channels = bias.columns();
      return new Block(weight.data(), row * 3 + column, channels, channels, channels * 9, 9);
    }
  }

  static PastWeights of(SeaRun run, KernelCall call) {
    return of(new WeightReader(call, run.inputs()), run.size());
  }

  static PastWeights of(WeightReader reader, SeaSize size) {
    return new PastWeights(
        reader.norm(SeaParameters.STRIPS_NORM, size.stripWidth()),
        SeaParameters.refinements(size.options()).stream()
            .map(name -> refinement(reader, name, size.channels()))
            .toList(),
        reader.block(SeaParameters.weight(SeaParameters.PAINT_JOIN), size.heads(), size.channels()),
        stretch(size.stripWidth(), size.width()),
        reader.norm(SeaParameters.SCORES_NORM, size.width()));
  }

  private static Refinement refinement(WeightReader reader, String name, int channels) {
    return new Refinement(
        reader.block(SeaParameters.weight(name), channels, channels * 9),
        reader.block(SeaParameters.bias(name), 1, channels));
  }

  /**
   * Widening by {@value PaintedPast#WIDENING}, two columns of the joining's bias, and resizing, as
   * one matrix. The bias itself is left out: it is the same for all columns of a head, and the norm
   * that follows takes it away.
   */
  private static Block stretch(int stripWidth, int width) {
    double[][] share = Stretch.columnWeights(PaintedPast.WIDENING * stripWidth + 2, width);
    Block stretch = Block.of(stripWidth, width);
    for (int column = 0; column < width; column++) {
      for (int strip = 0; strip < stripWidth; strip++) {
        double sum = 0;
        for (int copy = 0; copy < PaintedPast.WIDENING; copy++) {
          sum += share[1 + PaintedPast.WIDENING * strip + copy][column];
        }
        stretch.data()[stretch.at(strip, column)] = (float) sum;
      }
    }
    return stretch;
  }
}
