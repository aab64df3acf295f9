package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.ArenaLayout;
import dev.saccade.plugins.sea.cuda.Grid;

/**
 * Where {@link SeaAroundBackStages} leave things for each other on a GPU, behind those of the way
 * forward, which they compute again; as addresses, numbers are F32 where nothing is said. All of it
 * grows linearly with T. P is half of the rows, rounded up.
 *
 * @param forward the way forward's
 * @param common what causal attention has on its way back, too
 * @param refined {@code [B, 4H, P, W]}
 * @param sums {@code [slices, outputs, inputs + 1]}, of one matrix of parameters after the other
 * @param along {@code [B, H, T]}, F64
 * @param ofColumns {@code [B, H, M]}, F64
 * @param strongest {@code [G, ⌈T/128⌉]}, integers
 * @param ofExponents {@code [G, T]}
 * @param bytes of everything
 */
record SeaAroundBackScratch(
    SeaAroundScratch forward,
    SeaBackScratch common,
    long refined,
    long sums,
    long along,
    long ofColumns,
    long strongest,
    long ofExponents,
    long bytes) {

  /** Pixels of a sequence's halved picture that a block sums up. */
  private static final int PIXEL_SLICE = 2048;

  private static final int TAPS = 9;

  /**
   * @param address of the first
   * @param stored how queries, keys and values are
   */
  static SeaAroundBackScratch at(
      long address, SeaSize size, boolean padded, ElementType stored, long featureBytes) {
    SeaAroundScratch forward = SeaAroundScratch.at(address, size, padded, featureBytes);
    SeaBackScratch common =
        SeaBackScratch.behind(address, forward.bytes(), forward.common(), size, stored, 0);
    ArenaLayout layout = new ArenaLayout();
    layout.take(common.bytes());
    long heads = (long) size.batch() * size.heads();
    long atOnce = forward.common().headsAtOnce();
    long ofPixels = (long) pixelSlices(size) * size.channels() * (inputs(size) + 1L);
    long ofVectors = (long) vectorSlices(size) * stripsOfHead(size) * (2L * size.headSize() + 1);
    return new SeaAroundBackScratch(
        forward,
        common,
        address + layout.take((long) size.batch() * size.channels() * pixels(size) * Float.BYTES),
        address + layout.take(Math.max(ofPixels, ofVectors) * Float.BYTES),
        address + layout.take(heads * size.length() * Double.BYTES),
        address + layout.take(heads * size.width() * Double.BYTES),
        address + layout.take(atOnce * SeaStages.chunks(size) * Integer.BYTES),
        address + layout.take(atOnce * size.length() * Float.BYTES),
        layout.bytes());
  }

  /** Of a channel of the halved picture. */
  static int pixels(SeaSize size) {
    return SeaSize.ceilingOf(size.rows(), 2) * size.stripWidth();
  }

  /** Numbers of the strips of one row of a head, 4W. */
  static int stripsOfHead(SeaSize size) {
    return size.strips().perHead() * size.stripWidth();
  }

  /** What an output of a convolution is made of. */
  static int inputs(SeaSize size) {
    return TAPS * size.channels();
  }

  /** Of all sequences. */
  static int pixelSlices(SeaSize size) {
    return size.batch() * SeaSize.ceilingOf(pixels(size), PIXEL_SLICE);
  }

  static int vectorSlices(SeaSize size) {
    return Grid.blocks(size.batch() * size.heads() * size.rows(), SeaBackStages.PRODUCT_SLICE);
  }
}
