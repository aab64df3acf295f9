package dev.saccade.plugins.baselines;

/**
 * Some queries of one key head, which meet the tiles of a {@link KeyValueCache} together while
 * those are close, and mix their values by softmax. To use by one thread.
 *
 * <p>Queries are those of consecutive positions, of all heads that the key head serves.
 */
interface TileQueries {

  /** As many as fill a block. */
  int QUERIES = 64;

  /** How many positions are worth taking together, of so many that there are. */
  static int together(NextPositions.OfHead next) {
    return Math.min(next.count(), Math.max(1, QUERIES / next.queryHeads()));
  }

  /** Takes the queries of positions {@code from} … {@code to} − 1, which have seen no key yet. */
  void load(int from, int to);

  /**
   * Shows the queries a tile.
   *
   * @param sight which of its rows each of them sees
   */
  void meet(KeyValueCache cache, int tile, Sight sight);

  /** Writes what the queries have got; zero for those that saw no key. */
  void finish();

  /** Which rows of a tile a query sees: a range of them, less those that are padding. */
  interface Sight {

    /** The first row that the query of a position of the step sees; may be beyond the tile. */
    int first(int position);

    /** One after the last row that it sees. */
    int end(int position);

    /** Whether a row of the tile is no padding. */
    default boolean isReal(int row) {
      return true;
    }

    /** Whether all rows are real. */
    default boolean allReal() {
      return true;
    }
  }
}
