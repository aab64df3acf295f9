package dev.saccade.plugins.sea;

/** What {@link FloatSequence} remembers of one head. Used by one thread at a time. */
final class FloatHead {

  private final RoughSums sums;
  private final KeyTiles keys;
  private final double[] values; // [D], summed

  FloatHead(SeaSize size) {
    this(new RoughSums(size), new KeyTiles(size.headSize()), new double[size.headSize()]);
  }

  private FloatHead(RoughSums sums, KeyTiles keys, double[] values) {
    this.sums = sums;
    this.keys = keys;
    this.values = values;
  }

  FloatHead copy() {
    return new FloatHead(sums.copy(), keys.copy(), values.clone());
  }

  RoughSums sums() {
    return sums;
  }

  /** Its real keys and values. */
  KeyTiles keys() {
    return keys;
  }

  /**
   * Adds the value of a position to those before, and writes their average.
   *
   * @param number how many positions there are with this one
   */
  void average(float[] value, int from, int number, float[] into) {
    for (int d = 0; d < values.length; d++) {
      values[d] += value[from + d];
      into[from + d] = (float) (values[d] / number);
    }
  }

  long bytes() {
    return sums.bytes() + keys.bytes() + (long) Double.BYTES * values.length;
  }
}
