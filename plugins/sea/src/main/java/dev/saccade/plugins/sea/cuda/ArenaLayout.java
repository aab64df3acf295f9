package dev.saccade.plugins.sea.cuda;

/**
 * Where things lie in a {@link DeviceArena}: planned first, so that it is reserved in one piece.
 */
public final class ArenaLayout {

  /** As CUDA aligns what it allocates; every access of a warp then begins at a sector. */
  private static final long ALIGNMENT = 256;

  private long bytes;

  /** Returns the offset of a new part from the arena's address. */
  public long take(long partBytes) {
    if (partBytes < 0) {
      throw new IllegalArgumentException(
          "a part must not be smaller than nothing: bytes=" + partBytes);
    }
    long offset = bytes;
    bytes = Math.addExact(bytes, (partBytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return offset;
  }

  /** What all parts need together. */
  public long bytes() {
    return bytes;
  }
}
