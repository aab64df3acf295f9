package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;

/**
 * The last w keys and those of a tile, and the global ones before them: {@link
 * SlidingWindowAttention} one position after the other, or a tile of them together. A ring, so it
 * takes as much at any length.
 *
 * <p>Local positions, counted from the first that is not global, lie in tiles. A tile is
 * overwritten by the one that comes a round later. The rows that it then still holds of the round
 * before are taken for later ones, which no query sees.
 */
final class WindowMemory implements HeadMemory {

  private static final int TILE = KeyValueCache.TILE;

  private final AttentionSpec spec;
  private final int window;
  private final int globals;
  private final KeyValueCache everyones; // the global positions that are no padding
  private final KeyValueCache ring; // local positions, padding included
  private final boolean[] real; // by row of the ring

  /**
   * @param window w
   * @param globals g
   */
  WindowMemory(AttentionSpec spec, int window, int globals) {
    this(
        spec,
        Math.min(window, spec.maxPositions()),
        globals,
        KeyValueCache.empty(spec),
        KeyValueCache.empty(spec),
        new boolean[tiles(Math.min(window, spec.maxPositions())) * TILE]);
  }

  private WindowMemory(
      AttentionSpec spec,
      int window,
      int globals,
      KeyValueCache everyones,
      KeyValueCache ring,
      boolean[] real) {
    this.spec = spec;
    this.window = window;
    this.globals = globals;
    this.everyones = everyones;
    this.ring = ring;
    this.real = real;
  }

  /** Those that the queries of one tile see: their own, and as far back as a window reaches. */
  private static int tiles(int window) {
    return (window + TILE - 1) / TILE + 1;
  }

  @Override
  public long bytes() {
    return everyones.bytes() + ring.bytes() + real.length;
  }

  @Override
  public HeadMemory copy() {
    return new WindowMemory(spec, window, globals, everyones.copy(), ring.copy(), real.clone());
  }

  @Override
  public void take(NextPositions.OfHead next) {
    int together = TileQueries.together(next);
    TileQueries queries = ring.queries(spec, next, together);
    for (int from = 0, to; from < next.count(); from = to) {
      to =
          Math.min(
              Math.min(from + together, endOfTile(next.first() + from) - next.first()),
              next.count());
      int[] seen = new int[to - from]; // how many of everyone's
      for (int position = from; position < to; position++) {
        remember(next, position);
        seen[position - from] = everyones.rows();
      }
      queries.load(from, to);
      meetEveryones(queries, from, seen);
      meetRing(queries, next.first() - globals, from, to);
      queries.finish();
    }
  }

  /** One after the last position that lies in the same tile; global ones are no tile. */
  private int endOfTile(int position) {
    return position < globals ? globals : globals + ((position - globals) / TILE + 1) * TILE;
  }

  private void remember(NextPositions.OfHead next, int position) {
    int local = next.first() + position - globals;
    boolean visible = next.isVisible(position);
    if (local < 0) {
      if (visible) {
        everyones.append(next, position);
      }
      return;
    }
    int row = local % real.length;
    real[row] = visible;
    if (row == ring.rows()) {
      ring.append(next, position);
    } else {
      ring.replace(row, next, position);
    }
  }

  private void meetEveryones(TileQueries queries, int from, int[] seen) {
    for (int tile = 0; tile < everyones.tiles(); tile++) {
      int start = tile * TILE;
      queries.meet(
          everyones,
          tile,
          new TileQueries.Sight() {
            @Override
            public int first(int position) {
              return 0;
            }

            @Override
            public int end(int position) {
              return seen[position - from] - start;
            }
          });
    }
  }

  /**
   * @param firstLocal the local position of the step's first
   */
  private void meetRing(TileQueries queries, int firstLocal, int from, int to) {
    int last = firstLocal + to - 1;
    if (last < 0) {
      return;
    }
    int oldest = Math.max(firstLocal + from - window, 0);
    for (int tile = oldest / TILE; tile <= last / TILE; tile++) {
      int slot = tile % (real.length / TILE);
      queries.meet(ring, slot, new InWindow(window, firstLocal - tile * TILE, real, slot * TILE));
    }
  }

  /**
   * What is near and not later.
   *
   * @param offset of the step's first position from the tile's
   * @param real by row of the ring
   * @param start the tile's first row in it
   */
  @SuppressWarnings("ArrayRecordComponent") // a view
  private record InWindow(int window, int offset, boolean[] real, int start)
      implements TileQueries.Sight {

    @Override
    public int first(int position) {
      return offset + position - window;
    }

    @Override
    public int end(int position) {
      return offset + position + 1;
    }

    @Override
    public boolean isReal(int row) {
      return real[start + row];
    }

    @Override
    public boolean allReal() {
      return false;
    }
  }
}
