package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import java.util.BitSet;

/**
 * The keys and values of one head that decoding goes back to, in tiles of {@value #TILE} and in the
 * numbers of the spec's element type.
 *
 * <p>Grows by a tile at a time, so nothing is moved and little is empty. A copy shares all tiles
 * until one of the two writes to one: forking a long text costs a list of references. Keys lie
 * transposed and values as rows, as {@link TileProducts} likes them.
 *
 * <p>Used by one thread at a time, which need not be the one that uses a copy.
 */
abstract sealed class KeyValueCache permits FloatKeyValueCache, DoubleKeyValueCache {

  /** The rows of a tile. */
  static final int TILE = 64;

  /** D, or 0 where only values are kept. */
  final int keySize;

  /** D. */
  final int headSize;

  private final BitSet shared; // tiles that a copy has, too
  private int rows;

  KeyValueCache(int keySize, int headSize) {
    this.keySize = keySize;
    this.headSize = headSize;
    this.shared = new BitSet();
  }

  /** Marks every tile of both as not to be written to. */
  KeyValueCache(KeyValueCache original) {
    this.keySize = original.keySize;
    this.headSize = original.headSize;
    this.rows = original.rows;
    original.shared.set(0, tiles());
    this.shared = (BitSet) original.shared.clone();
  }

  static KeyValueCache empty(AttentionSpec spec) {
    return empty(spec, spec.headSize());
  }

  /** For a mechanism that never looks at keys: keys are taken, and forgotten. */
  static KeyValueCache ofValues(AttentionSpec spec) {
    return empty(spec, 0);
  }

  private static KeyValueCache empty(AttentionSpec spec, int keySize) {
    return spec.elementType() == ElementType.F64
        ? new DoubleKeyValueCache(keySize, spec.headSize())
        : new FloatKeyValueCache(keySize, spec.headSize());
  }

  /** How many keys it holds. */
  final int rows() {
    return rows;
  }

  /** How many tiles hold them. */
  final int tiles() {
    return (rows + TILE - 1) / TILE;
  }

  /** How many keys a tile holds. */
  final int rowsOf(int tile) {
    return Math.min(rows - tile * TILE, TILE);
  }

  /** How many bytes the tiles hold, those that a copy has, too, included. */
  final long bytes() {
    return (long) tiles() * TILE * (keySize + headSize) * numberBytes();
  }

  abstract int numberBytes();

  /** Adds the key of a position, and its value, behind the others. */
  final void append(NextPositions.OfHead next, int position) {
    if (rows == tiles() * TILE) {
      addTile();
    }
    rows++;
    replace(rows - 1, next, position);
  }

  /** Puts the key and the value of a position into the place of others. */
  final void replace(int row, NextPositions.OfHead next, int position) {
    int tile = row / TILE;
    if (shared.get(tile)) {
      copyTile(tile);
      shared.clear(tile);
    }
    write(tile, row % TILE, next, position);
  }

  /** An independent cache of the same keys. */
  abstract KeyValueCache copy();

  /** Queries of the same numbers, at most so many at once. */
  abstract TileQueries queries(AttentionSpec spec, NextPositions.OfHead next, int most);

  /**
   * Writes q·k for every key of a tile; what comes behind the last key is of no meaning.
   *
   * @param query {@code [D]}
   * @param into {@code [KEYS]}
   */
  abstract void products(int tile, double[] query, double[] into);

  /** Adds the values of the first {@code count} rows of a tile, each times its weight. */
  abstract void addValues(int tile, double[] weights, int count, double[] sum);

  /** Adds one value times a weight. */
  abstract void addValue(int row, double weight, double[] sum);

  abstract void addTile();

  /** Replaces a tile by a copy of it. */
  abstract void copyTile(int tile);

  abstract void write(int tile, int row, NextPositions.OfHead next, int position);
}
