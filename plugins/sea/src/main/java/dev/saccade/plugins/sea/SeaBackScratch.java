package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.ArenaLayout;

/**
 * Where {@link SeaBackStages} leave things for each other on a GPU, behind those of the way
 * forward, which they compute again; as addresses, numbers are F32 where nothing is said. All of it
 * grows linearly with T.
 *
 * @param forward the way forward's
 * @param ofQueries {@code [B, H, T, D]}, where stages add up the gradients of queries before they
 *     are rounded, as the next two; 0 if nothing is to be rounded
 * @param ofKeys {@code [B, H, T, D]}
 * @param ofValues {@code [B, H, T, D]}
 * @param transposed {@code [B, H, M, ⌈T/32⌉]}, words of 32 bits
 * @param known {@code [B, H, T, 4]}, what keys must know of queries
 * @param ofGates {@code [B, H, T, 2]}
 * @param ofRows {@code [B, H, R, 2]}, of gates
 * @param norms {@code [B, H, R, 4]}, or fewer if the encoder is joint
 * @param sums {@code [slices, 7, 2D·J]}
 * @param products {@code [slices, 2D·J, 3D·J]}
 * @param masses {@code [B, H, R]}
 * @param ofMasses {@code [B, H, R]}
 * @param ofContexts {@code [B, H, R, 2D]}
 * @param ofFeatures {@code [G, R, F]}
 * @param ofPlaces {@code [G, T, D]}
 * @param placeSums {@code [T, D]}, F64
 * @param bytes of everything
 */
record SeaBackScratch(
    SeaScratch forward,
    long ofQueries,
    long ofKeys,
    long ofValues,
    long transposed,
    long known,
    long ofGates,
    long ofRows,
    long norms,
    long sums,
    long products,
    long masses,
    long ofMasses,
    long ofContexts,
    long ofFeatures,
    long ofPlaces,
    long placeSums,
    long bytes) {

  /** Numbers of the structs of the same names in {@code sea_*_back.cu}. */
  private static final int KNOWN = 4;

  private static final int NORM = 4;

  /**
   * @param address of the first
   * @param stored how queries, keys and values are
   */
  static SeaBackScratch at(
      long address, SeaSize size, boolean padded, ElementType stored, long featureBytes) {
    SeaScratch forward = SeaScratch.at(address, size, padded, featureBytes);
    long places = (long) size.length() * size.headSize();
    return behind(address, forward.bytes(), forward, size, stored, places);
  }

  /**
   * @param address of what the way forward leaves
   * @param taken by the way forward
   * @param places numbers that say where positions are, if they are learned; else 0
   */
  static SeaBackScratch behind(
      long address, long taken, SeaScratch forward, SeaSize size, ElementType stored, long places) {
    ArenaLayout layout = new ArenaLayout();
    layout.take(taken);
    long heads = (long) size.batch() * size.heads();
    long rows = heads * size.rows();
    long positions = heads * size.length();
    long ofStored = stored == ElementType.F32 ? 0 : positions * size.headSize();
    long words = SeaSize.ceilingOf(size.length(), Integer.SIZE);
    long ofVector = 2L * size.headSize() * SeaBackStages.joint(size);
    long weights = ofVector * (ofVector / 2 * 3);
    int atOnce = forward.headsAtOnce();
    return new SeaBackScratch(
        forward,
        ofStored == 0 ? 0 : address + floats(layout, ofStored),
        ofStored == 0 ? 0 : address + floats(layout, ofStored),
        ofStored == 0 ? 0 : address + floats(layout, ofStored),
        address + layout.take(heads * size.width() * words * Integer.BYTES),
        address + floats(layout, positions * KNOWN),
        address + floats(layout, positions * 2),
        address + floats(layout, rows * 2),
        address + floats(layout, rows * NORM),
        address + floats(layout, SeaBackStages.sumSlices(size) * SeaBackStages.SUMMED * ofVector),
        address + floats(layout, SeaBackStages.productSlices(size) * weights),
        address + floats(layout, rows),
        address + floats(layout, rows),
        address + floats(layout, rows * 2 * size.headSize()),
        address + floats(layout, (long) atOnce * size.rows() * size.features()),
        address + floats(layout, atOnce * places),
        address + layout.take(places * Double.BYTES),
        layout.bytes());
  }

  private static long floats(ArenaLayout layout, long count) {
    return layout.take(count * Float.BYTES);
  }
}
