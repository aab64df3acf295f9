package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.ArenaLayout;
import dev.saccade.plugins.sea.cuda.DeviceArena;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;
import dev.saccade.plugins.sea.cuda.SharedGpu;
import java.util.List;

/**
 * What is remembered of some texts in a GPU's memory, as {@code sea_decode.cu} says: a part whose
 * size is fixed, and keys and values, whose room doubles.
 */
final class DevicePast {

  /** Positions that there is room for at first, if that many are to be decoded. */
  private static final int FIRST_ROOM = 256;

  /** Room is a multiple of it, so that the keys of every head begin at a multiple of 16 bytes. */
  private static final int ROOM_STEP = 8;

  private static final int COPY_THREADS = 256;
  private static final int COPY_BLOCKS = 64; // of a row

  private final SeaSize size; // of one position
  private final int layers; // L, convolutions
  private final DeviceArena fixed = new DeviceArena();
  private DeviceArena cache = new DeviceArena();
  private int room; // C

  /**
   * Of nothing yet.
   *
   * @param size of one position of all texts
   */
  DevicePast(SeaSize size) {
    this.size = size;
    this.layers = SeaParameters.refinements(size.options()).size();
  }

  /** Begins texts. */
  void begin(GpuSession session) {
    fixed.reserve(fixedBytes());
    session.clear(fixed.address(), fixed.bytes());
  }

  /**
   * Goes on with some of the texts of another, one for each of these.
   *
   * @param length positions so far
   */
  void take(DevicePast other, List<Integer> sequences, int length, GpuSession session) {
    fixed.reserve(fixedBytes());
    makeRoom(length, other.room);
    for (int at = 0; at < sequences.size(); at++) {
      other.copy(sequences.get(at), this, at, length, session);
    }
    session.stream().await(); // the other may be freed next
  }

  private void copy(int from, DevicePast to, int at, int length, GpuSession session) {
    int heads = size.heads();
    int sum = Math.toIntExact(2 * SeaStages.stateSize(size)); // words of 4 bytes, as all below
    int mean = 2 * size.headSize();
    int picture = pictureNumbers();
    int weights = heads * size.width();
    Rows rows = new Rows(session);
    rows.copy(sums(from * heads), to.sums(at * heads), heads, sum, sum, sum);
    rows.copy(valueSums(from * heads), to.valueSums(at * heads), heads, mean, mean, mean);
    rows.copy(
        picture(0, from),
        to.picture(0, at),
        layers,
        picture,
        size.batch() * picture,
        to.size.batch() * picture);
    rows.copy(weights(from), to.weights(at), 1, weights, weights, weights);
    rows.copy(gates(from), to.gates(at), 1, 2 * heads, 2 * heads, 2 * heads);
    copyKeys(from * heads, to, at * heads, heads, length, rows);
    rows.copy(positions(from), to.positions(at), 1, length, room, to.room);
  }

  private void copyKeys(int from, DevicePast to, int at, int heads, int length, Rows rows) {
    int own = room * size.headSize();
    int other = to.room * size.headSize();
    int words = length * size.headSize();
    rows.copy(keys(from), to.keys(at), heads, words, own, other);
    rows.copy(values(from), to.values(at), heads, words, own, other);
  }

  /**
   * Sees to it that there is room for more positions.
   *
   * @param length positions so far
   * @param needed positions in all
   * @param capacity positions that somebody meant to decode in all
   */
  void grow(int length, int needed, int capacity, GpuSession session) {
    if (needed <= room) {
      return;
    }
    DevicePast grown = new DevicePast(size);
    int wanted = Math.max(2 * room, FIRST_ROOM);
    grown.makeRoom(needed, Math.min(wanted, capacity));
    boolean done = false;
    try {
      if (length > 0) {
        Rows rows = new Rows(session);
        copyKeys(0, grown, 0, size.batch() * size.heads(), length, rows);
        rows.copy(positions(0), grown.positions(0), size.batch(), length, room, grown.room);
        session.stream().await(); // before what is copied is freed
      }
      done = true;
    } finally {
      if (!done) {
        grown.cache.close();
      }
    }
    cache.close();
    cache = grown.cache;
    room = grown.room;
  }

  private void makeRoom(int needed, int wanted) {
    room = SeaSize.ceilingOf(Math.max(needed, wanted), ROOM_STEP) * ROOM_STEP;
    ArenaLayout layout = new ArenaLayout();
    layout.take(2 * keyBytes());
    layout.take((long) size.batch() * room * Integer.BYTES);
    cache.reserve(layout.bytes());
  }

  private long heads() {
    return (long) size.batch() * size.heads();
  }

  private long keyBytes() {
    return heads() * room * size.headSize() * Float.BYTES;
  }

  private int pictureNumbers() {
    return size.channels() * PictureLayout.BACK * size.stripWidth();
  }

  // Within the fixed part: what is in f64 first.

  private long fixedBytes() {
    return gatesOffset() + heads() * 2 * Float.BYTES;
  }

  /** Of head number {@code head} of the batch on, S and z. */
  long sums(int head) {
    return fixed.address() + head * SeaStages.stateSize(size) * Double.BYTES;
  }

  long valueSums(int head) {
    return sums((int) heads()) + (long) head * size.headSize() * Double.BYTES;
  }

  /** What a convolution looks back to. */
  long picture(int layer, int sequence) {
    long before = (long) layer * size.batch() + sequence;
    return valueSums((int) heads()) + before * pictureNumbers() * Float.BYTES;
  }

  /** The last row of the estimate. */
  long weights(int sequence) {
    return picture(layers, 0) + (long) sequence * size.heads() * size.width() * Float.BYTES;
  }

  long gates(int sequence) {
    return fixed.address() + gatesOffset() + (long) sequence * size.heads() * 2 * Float.BYTES;
  }

  private long gatesOffset() {
    return weights(size.batch()) - fixed.address();
  }

  // Within the cache.

  /** C, the positions that there is room for. */
  int room() {
    return room;
  }

  long keys(int head) {
    return cache.address() + (long) head * room * size.headSize() * Float.BYTES;
  }

  long values(int head) {
    return keys(head) + keyBytes();
  }

  /** Of every real key, by rank. */
  long positions(int sequence) {
    return keys(0) + 2 * keyBytes() + (long) sequence * room * Integer.BYTES;
  }

  long bytes() {
    return fixed.bytes() + cache.bytes();
  }

  void free(SharedGpu.Share gpu) {
    gpu.free(fixed, cache);
  }

  /** Copies rows of words of 4 bytes. */
  record Rows(GpuSession session) {

    /**
     * Asks for it.
     *
     * @param words of a row
     * @param fromStride words from row to row, as {@code toStride}
     */
    void copy(long from, long to, int rows, int words, int fromStride, int toStride) {
      if (words > 0) {
        int blocks = Math.min(SeaSize.ceilingOf(words, COPY_THREADS), COPY_BLOCKS);
        session
            .function("sea_decode", "seaCopyRows")
            .launch(
                session.stream(),
                Grid.of(blocks, rows, 1, COPY_THREADS),
                new LaunchArguments()
                    .address(from)
                    .address(to)
                    .integer(words)
                    .integer(fromStride)
                    .integer(toStride));
      }
    }
  }
}
