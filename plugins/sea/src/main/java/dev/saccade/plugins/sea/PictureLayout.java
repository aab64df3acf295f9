package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * How a picture lies in memory: the rows of a channel one after the other, before each of them two
 * columns of zeros, and {@value #BACK} rows more than are painted. A row's right border is then the
 * left one of the next, and every tap of a convolution is one product with the whole picture,
 * shifted.
 *
 * @param channels 2H
 * @param width W
 * @param rows the most that are painted at once
 */
record PictureLayout(int channels, int width, int rows) {

  /** Rows between the oldest that a convolution sees and the present one. */
  static final int BACK = 4;

  /** Columns between a tap of a convolution and the next, and rows too. */
  private static final int GAP = 2;

  /** Runs of pixels are this much rounded up: odd ends of vectors cost more than whole ones. */
  private static final int WHOLE = 32;

  static PictureLayout of(SeaSize size, int rows) {
    return new PictureLayout(size.channels(), size.stripWidth(), rows);
  }

  /** Of a row with its border. */
  int columns() {
    return GAP + width;
  }

  int channelStride() {
    return BACK * columns() + 2 * GAP + wholePixels(rows);
  }

  /** Numbers of a picture. */
  int numbers() {
    return channels * channelStride();
  }

  /** Where the first pixel of a row lies. */
  int at(int channel, int row) {
    return channel * channelStride() + row * columns() + GAP;
  }

  /** From the first pixel of a row to the last of so many. */
  int pixels(int count) {
    return count * columns() - GAP;
  }

  /** The same, rounded up. */
  int wholePixels(int count) {
    return SeaSize.ceilingOf(pixels(count), WHOLE) * WHOLE;
  }

  /** How far before a pixel the one lies that a tap multiplies. */
  int reach(int tapRow, int tapColumn) {
    return (BACK - GAP * tapRow) * columns() - GAP * (tapColumn - 1);
  }

  /** So many pixels of all channels from the first of a row on, shifted. */
  Block run(float[] picture, int row, int shift, int pixels) {
    return new Block(picture, at(0, row) + shift, channels, pixels, channelStride(), 1);
  }

  /** Zeroes the borders of so many rows from a row on, the one behind the last included. */
  void clearBorders(float[] picture, int row, int count) {
    for (int channel = 0; channel < channels; channel++) {
      for (int i = row; i <= row + count; i++) {
        Arrays.fill(picture, at(channel, i) - GAP, at(channel, i), 0);
      }
    }
  }

  /** Zeroes all that lies behind so many rows. */
  void clearBehind(float[] picture, int count) {
    for (int channel = 0; channel < channels; channel++) {
      Arrays.fill(picture, at(channel, count) - GAP, (channel + 1) * channelStride(), 0);
    }
  }
}
