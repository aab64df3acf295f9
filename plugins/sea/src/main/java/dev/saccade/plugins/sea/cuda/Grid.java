package dev.saccade.plugins.sea.cuda;

/**
 * How many blocks a kernel is launched with, of how many threads.
 *
 * @param x blocks, below 2³¹
 * @param y blocks, below 65,536, as for z
 * @param threads of a block, at most 1024
 * @param sharedBytes dynamic shared memory of a block
 */
public record Grid(int x, int y, int z, int threads, int sharedBytes) {

  /** What y and z must be below, on every GPU. */
  static final int LIMIT = 65_536;

  public Grid {
    if (x < 1 || y < 1 || z < 1 || y >= LIMIT || z >= LIMIT || threads < 1 || threads > 1024) {
      throw new IllegalArgumentException(
          "blocks must be at least 1, y and z below %d, threads from 1 to 1024: x=%d, y=%d, z=%d, threads=%d"
              .formatted(LIMIT, x, y, z, threads));
    }
  }

  public static Grid of(int x, int y, int z, int threads) {
    return new Grid(x, y, z, threads, 0);
  }

  /** How many blocks it takes to cover {@code count} when each has {@code each}. */
  public static int blocks(int count, int each) {
    return Math.toIntExact(((long) count + each - 1) / each);
  }

  public Grid withShared(int bytes) {
    return new Grid(x, y, z, threads, bytes);
  }
}
