package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;

/**
 * Some rows of a {@link Picture}, and a row more on either side, pixel by pixel instead of channel
 * by channel: what products sum pixels over. To use by one thread.
 */
final class PixelsAcross {

  private final float[] pixels; // [pixels, channels]
  private int channels;
  private int margin; // pixels before the first
  private int count; // pixels without those before and behind

  /**
   * @param most the most numbers at once, {@link #size}
   */
  PixelsAcross(KernelCall call, int most) {
    this.pixels = call.floats(most);
  }

  /** Numbers of so many rows of a picture. */
  static int size(int channels, int rows, int width) {
    return channels * (rows + 3) * (width + 1);
  }

  void load(BlockMath math, Picture picture, int first, int rows) {
    channels = picture.channels();
    margin = picture.shift(1, 1);
    count = picture.pixels(rows);
    Block from = picture.exactly(first, rows, -margin);
    Block wide =
        new Block(
            from.data(),
            from.offset(),
            channels,
            count + 2 * margin,
            from.rowStride(),
            from.columnStride());
    math.copy(wide.transposed(), Block.of(pixels, count + 2 * margin, channels));
  }

  /**
   * For every loaded pixel the one as far off as {@code shift}, and those to the right of it.
   *
   * @param side how many side by side, {@code [pixels, side·channels]}
   */
  Block shifted(int shift, int side) {
    return new Block(pixels, (margin + shift) * channels, count, side * channels, channels, 1);
  }
}
