package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.ArenaLayout;

/**
 * What {@link SeaAroundStages} leave for each other beside {@link SeaScratch}, as addresses. All of
 * it grows linearly with T. P is half of the rows, rounded up.
 *
 * @param common what causal attention has, too
 * @param counted {@code [B, T]}, integers, as the next
 * @param seen {@code [B, T]}
 * @param places {@code [B, T]}
 * @param greatest {@code [G, ⌈T/128⌉]}
 * @param shifts {@code [G]}
 * @param joined {@code [B, H, 2P, W]}
 * @param columns {@code [B, ⌈R/128⌉, H, M]}, F64
 * @param groups {@code [B, H]} of 16 bytes
 * @param histogram {@code [B, H, 256]}, integers of 64 bits
 * @param equal {@code [B, H, ⌈T/32⌉]}, integers of 64 bits
 * @param bytes of everything
 */
record SeaAroundScratch(
    SeaScratch common,
    long counted,
    long seen,
    long places,
    long greatest,
    long shifts,
    long joined,
    long columns,
    long groups,
    long histogram,
    long equal,
    long bytes) {

  private static final int GROUP_BYTES = 16; // as sea_around_groups.cu has them
  private static final int DIGITS = 256; // of its histograms

  /**
   * @param address of the first
   * @param featureBytes what features and states of the heads at once may take
   */
  static SeaAroundScratch at(long address, SeaSize size, boolean padded, long featureBytes) {
    SeaScratch common = SeaScratch.at(address, size, padded, featureBytes);
    ArenaLayout layout = new ArenaLayout();
    layout.take(common.bytes());
    long positions = (long) size.batch() * size.length() * Integer.BYTES;
    long heads = (long) size.batch() * size.heads();
    long painted = 2L * SeaSize.ceilingOf(size.rows(), 2) * size.stripWidth();
    long chunksOfRows = SeaSize.ceilingOf(size.rows(), SeaStages.CHUNK);
    long inGroups = SeaSize.ceilingOf(size.length(), SeaStages.WARP);
    long greatest = (long) common.headsAtOnce() * SeaStages.chunks(size);
    return new SeaAroundScratch(
        common,
        address + layout.take(positions),
        address + layout.take(positions),
        address + layout.take(positions),
        address + layout.take(greatest * Float.BYTES),
        address + layout.take((long) common.headsAtOnce() * Float.BYTES),
        address + layout.take(heads * painted * Float.BYTES),
        address + layout.take(heads * chunksOfRows * size.width() * Double.BYTES),
        address + layout.take(heads * GROUP_BYTES),
        address + layout.take(heads * DIGITS * Long.BYTES),
        address + layout.take(heads * inGroups * Long.BYTES),
        layout.bytes());
  }
}
