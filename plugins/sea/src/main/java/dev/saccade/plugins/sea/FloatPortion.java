package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * Some next positions of one sequence, in Java's memory. Numbered from the first position on that a
 * row of the estimate begins at: those before it, which an earlier row serves, have negative
 * numbers.
 */
final class FloatPortion implements RoughInputs {

  private final SeaSize size;
  private final int count; // n
  private final int before;
  private final float[] query; // [H, n, D]
  private final float[] key; // [H, n, D]
  private final float[] value; // [H, n, D]; zero where only padding is before
  private final float[] places; // [n, D]
  private final int[] ranks; // [n]

  /**
   * @param first how many positions came before
   * @param places the learned vectors of all positions
   * @param ranks how many real keys there are up to each position, itself included
   */
  FloatPortion(SeaSize size, Portion portion, int first, Tensor places, int[] ranks) {
    this.size = size;
    this.count = portion.count();
    this.before = Math.min(SeaSize.ceilingOf(first, size.every()) * size.every() - first, count);
    this.query = portion.query();
    this.key = portion.key();
    this.value = portion.value();
    this.places = new float[count * size.headSize()];
    places.read((long) first * size.headSize(), this.places, 0, this.places.length);
    this.ranks = ranks;
    int blind = blind(0, -before, end()) * size.headSize();
    for (int head = 0; head < size.heads(); head++) {
      int from = at(head, -before);
      Arrays.fill(value, from, from + blind, 0);
    }
  }

  /** How many positions an earlier row serves. */
  int before() {
    return before;
  }

  /** One after the last position. */
  int end() {
    return count - before;
  }

  /** Where the numbers of a position of a head begin in {@code [H, n, D]}. */
  int at(int head, int position) {
    return (head * count + before + position) * size.headSize();
  }

  /** {@code [H, n, D]}. */
  float[] keys() {
    return key;
  }

  /** {@code [H, n, D]}. */
  float[] values() {
    return value;
  }

  /** How many real keys there are up to a position, itself included. */
  int rank(int position) {
    return ranks[before + position];
  }

  /** Whether a position is no padding. */
  boolean isReal(int position, int realBefore) {
    return rank(position) > (position == -before ? realBefore : rank(position - 1));
  }

  @Override
  public void query(int sequence, int head, int from, int some, float[] into, int offset) {
    System.arraycopy(query, at(head, from), into, offset, some * size.headSize());
  }

  @Override
  public void key(int sequence, int head, int from, int some, float[] into) {
    System.arraycopy(key, at(head, from), into, 0, some * size.headSize());
  }

  @Override
  public void value(int sequence, int head, int from, int some, float[] into) {
    System.arraycopy(value, at(head, from), into, 0, some * size.headSize());
  }

  @Override
  public void places(int from, int some, float[] into) {
    int at = (before + from) * size.headSize();
    System.arraycopy(places, at, into, 0, some * size.headSize());
  }

  @Override
  public int blind(int sequence, int from, int to) {
    int blind = 0;
    while (from + blind < to && rank(from + blind) == 0) {
      blind++;
    }
    return blind;
  }
}
