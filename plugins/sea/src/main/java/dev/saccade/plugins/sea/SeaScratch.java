package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.ArenaLayout;

/**
 * Where {@link SeaStages} leave things for each other on a GPU, as addresses; numbers are F32 where
 * nothing is said. All of it grows linearly with T. What depends on the random features is of some
 * heads at once, one group of them after the other.
 *
 * @param headsAtOnce G
 * @param ranks {@code [B, T]}, integers; 0 if there is no padding, as the next
 * @param positions {@code [B, T]}, integers
 * @param valueSums {@code [B, H, ⌈T/128⌉, D]}, F64
 * @param queryFeatures {@code [G, R, F]}
 * @param keyFeatures {@code [G, T, F]}
 * @param states {@code [G, ⌈T/128⌉, F·(2D + 1)]}
 * @param rough {@code [B, H, R, 2D]}
 * @param hidden {@code [B, H, R, 2D]}
 * @param gates {@code [B, H, R, 2]}
 * @param picture {@code [B, strips·H, R, W]}
 * @param refined {@code [B, strips·H, R, W]}
 * @param weights {@code [B, R, H, M]}
 * @param kept {@code [B, H, T, ⌈M/32⌉]}, words of 32 bits
 * @param bytes of everything
 */
record SeaScratch(
    int headsAtOnce,
    long ranks,
    long positions,
    long valueSums,
    long queryFeatures,
    long keyFeatures,
    long states,
    long rough,
    long hidden,
    long gates,
    long picture,
    long refined,
    long weights,
    long kept,
    long bytes) {

  /** What features and states of the heads at once may take, if it is enough for one head. */
  static final long FEATURE_BYTES = 512L << 20;

  /**
   * @param address of the first
   */
  static SeaScratch at(long address, SeaSize size, boolean padded) {
    return at(address, size, padded, FEATURE_BYTES);
  }

  /**
   * @param featureBytes what features and states of the heads at once may take
   */
  static SeaScratch at(long address, SeaSize size, boolean padded, long featureBytes) {
    ArenaLayout layout = new ArenaLayout();
    long positions = (long) size.batch() * size.length();
    long heads = (long) size.batch() * size.heads();
    long rows = heads * size.rows();
    long strips = rows * size.strips().perHead() * size.stripWidth();
    long chunks = SeaStages.chunks(size);
    long ofQueries = (long) size.rows() * size.features();
    long ofKeys = (long) size.length() * size.features();
    long ofStates = chunks * SeaStages.stateSize(size);
    long fitting = featureBytes / Float.BYTES / (ofQueries + ofKeys + ofStates);
    int atOnce = (int) Math.min(Math.max(fitting, 1), heads);
    return new SeaScratch(
        atOnce,
        padded ? address + layout.take(positions * Integer.BYTES) : 0,
        padded ? address + layout.take(positions * Integer.BYTES) : 0,
        address + layout.take(heads * chunks * size.headSize() * Double.BYTES),
        address + floats(layout, atOnce * ofQueries),
        address + floats(layout, atOnce * ofKeys),
        address + floats(layout, atOnce * ofStates),
        address + floats(layout, rows * 2 * size.headSize()),
        address + floats(layout, rows * 2 * size.headSize()),
        address + floats(layout, rows * 2),
        address + floats(layout, strips),
        address + floats(layout, strips),
        address + floats(layout, rows * size.width()),
        address + layout.take(heads * size.length() * size.words() * Integer.BYTES),
        layout.bytes());
  }

  /** The same, with ranks that lie elsewhere. */
  SeaScratch withRanks(long elsewhere) {
    return new SeaScratch(
        headsAtOnce,
        elsewhere,
        positions,
        valueSums,
        queryFeatures,
        keyFeatures,
        states,
        rough,
        hidden,
        gates,
        picture,
        refined,
        weights,
        kept,
        bytes);
  }

  /** The same, with weights and gates that lie elsewhere, of a single row. */
  SeaScratch withRow(long ofWeights, long ofGates) {
    return new SeaScratch(
        headsAtOnce,
        ranks,
        positions,
        valueSums,
        queryFeatures,
        keyFeatures,
        states,
        rough,
        hidden,
        ofGates,
        picture,
        refined,
        ofWeights,
        kept,
        bytes);
  }

  private static long floats(ArenaLayout layout, long count) {
    return layout.take(count * Float.BYTES);
  }
}
