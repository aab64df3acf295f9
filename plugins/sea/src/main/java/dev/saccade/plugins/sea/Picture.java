package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;

/**
 * The pixels of some channels, rows one after the other, zeros around: a column before each row and
 * a row before and behind all. A row's right border is then the next one's left, and every tap of a
 * 3×3 convolution is one product with a whole run of rows, shifted. To use by one thread.
 */
final class Picture {

  /** Runs of pixels are this much rounded up: odd ends of vectors cost more than whole ones. */
  private static final int WHOLE = 32;

  private final int channels;
  private final int rows;
  private final int columns; // of a row with its border
  private final int stride; // from channel to channel
  private final float[] data;

  Picture(KernelCall call, int channels, int rows, int width) {
    this.channels = channels;
    this.rows = rows;
    this.columns = width + 1;
    this.stride = (rows + 2) * columns + 1 + WHOLE;
    this.data = call.floats(Math.multiplyExact(channels, stride));
  }

  int channels() {
    return channels;
  }

  int rows() {
    return rows;
  }

  float[] data() {
    return data;
  }

  void clear() {
    Arrays.fill(data, 0);
  }

  /** Where the first pixel of a row lies. */
  int at(int channel, int row) {
    return channel * stride + (row + 1) * columns + 1;
  }

  /** Pixels from the first of some rows to the last, borders between them included. */
  int pixels(int count) {
    return count * columns - 1;
  }

  /** How far it is to a pixel of another row and column. */
  int shift(int down, int right) {
    return down * columns + right;
  }

  /** All channels from the first pixel of {@code count} rows to the last, rounded up, shifted. */
  Block run(int first, int count, int shift) {
    int whole = SeaSize.ceilingOf(pixels(count), WHOLE) * WHOLE;
    return new Block(data, at(0, first) + shift, channels, whole, stride, 1);
  }

  /** The same, not rounded up, for what is added to or summed over. */
  Block exactly(int first, int count, int shift) {
    return new Block(data, at(0, first) + shift, channels, pixels(count), stride, 1);
  }

  /** Zeroes the borders of rows that were written as a run, and what was rounded up. */
  void clearBorders(int first, int count) {
    for (int channel = 0; channel < channels; channel++) {
      for (int row = first; row < first + count; row++) {
        data[at(channel, row) - 1] = 0;
      }
      int behind = at(channel, first + count) - 1;
      Arrays.fill(data, behind, behind + WHOLE, 0);
    }
  }

  /** Zeroes what is where another picture of this size has nothing above zero. */
  void cutLike(Picture other, int first, int count) {
    for (int channel = 0; channel < channels; channel++) {
      int from = at(channel, first);
      int to = from + pixels(count);
      for (int i = from; i < to; i++) {
        data[i] = other.data[i] > 0 ? data[i] : 0;
      }
    }
  }

  /** Replaces what is negative in a run by zero. */
  void cutNegative(int first, int count) {
    for (int channel = 0; channel < channels; channel++) {
      int from = at(channel, first);
      int to = from + pixels(count);
      for (int i = from; i < to; i++) {
        data[i] = Math.max(data[i], 0);
      }
    }
  }
}
