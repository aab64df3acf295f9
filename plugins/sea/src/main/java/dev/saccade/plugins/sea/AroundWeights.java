package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;

/**
 * The parameters of {@link PaintedRows} as {@link PaintedWindow} multiplies with them, read once
 * for all threads.
 *
 * <p>Strips are two pictures, of the even rows and of the odd ones, so that halving is a
 * convolution without a stride. So are the joined rows: doubled rows see a halved one twice, and
 * with it the sum of two rows of the kernel. The joining's bias is left out: it is the same for all
 * columns of a head, and the softmax that follows takes it away.
 *
 * @param halve from even and odd strips
 * @param refine from what is halved
 * @param joinEven even rows from what is refined
 * @param joinOdd odd rows
 * @param stretch how much of a column goes into each new one, {@code [W, M]}
 * @param across the same, {@code [M, W]}
 */
record AroundWeights(
    Taps halve, Taps refine, Taps joinEven, Taps joinOdd, Block stretch, Block across) {

  static final int EVEN = 0;
  static final int ODD = 1;

  static AroundWeights of(SeaRun run, KernelCall call) {
    SeaSize size = run.size();
    WeightReader reader = new WeightReader(call, run.inputs());
    int channels = size.channels();
    Block join =
        reader.block(SeaParameters.weight(SeaParameters.PAINT_JOIN), size.heads(), channels * 9);
    Block noBias = Block.of(1, size.heads());
    Block stretch = stretch(size.stripWidth(), size.width());
    return new AroundWeights(
        Taps.of(
            kernel(reader, SeaParameters.PAINT_HALVE, channels),
            bias(reader, SeaParameters.PAINT_HALVE, channels),
            new Taps.Sees(ODD, -1, 0, 1),
            new Taps.Sees(EVEN, 0, 1, 2),
            new Taps.Sees(ODD, 0, 2, 3)),
        Taps.of(
            kernel(reader, SeaParameters.PAINT_REFINE, channels),
            bias(reader, SeaParameters.PAINT_REFINE, channels),
            new Taps.Sees(0, -1, 0, 1),
            new Taps.Sees(0, 0, 1, 2),
            new Taps.Sees(0, 1, 2, 3)),
        Taps.of(join, noBias, new Taps.Sees(0, -1, 0, 1), new Taps.Sees(0, 0, 1, 3)),
        Taps.of(join, noBias, new Taps.Sees(0, 0, 0, 2), new Taps.Sees(0, 1, 2, 3)),
        stretch,
        reader.across(stretch));
  }

  private static Block kernel(WeightReader reader, String name, int channels) {
    return reader.block(SeaParameters.weight(name), channels, channels * 9);
  }

  private static Block bias(WeightReader reader, String name, int channels) {
    return reader.block(SeaParameters.bias(name), 1, channels);
  }

  private static Block stretch(int stripWidth, int width) {
    double[][] weights = Stretch.columnWeights(stripWidth, width);
    Block stretch = Block.of(stripWidth, width);
    float[] data = stretch.data();
    for (int row = 0; row < stripWidth; row++) {
      for (int column = 0; column < width; column++) {
        data[stretch.at(row, column)] = (float) weights[row][column];
      }
    }
    return stretch;
  }
}
