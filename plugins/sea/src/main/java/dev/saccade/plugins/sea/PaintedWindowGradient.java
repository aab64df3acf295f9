package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;

/**
 * The way back of {@link PaintedWindow}, from the scores of all pairs that see some pairs of strips
 * to those strips. To use by one thread.
 */
final class PaintedWindowGradient implements StripsGradient.Source {

  /** Pairs on either side whose scores see a pair of strips. */
  static final int REACH = 3;

  private final BlockMath math;
  private final SeaSize size;
  private final Windows windows;
  private final AroundWeights weights;
  private final PaintedWindow painted;
  private final Picture[] ofStrips; // even rows and odd ones
  private final Picture ofHalved;
  private final Picture ofRefined;
  private final Picture[] ofJoined; // even rows and odd ones
  private final PixelsAcross across;
  private final float[] blended; // [rows, W]

  PaintedWindowGradient(SeaRun run, KernelCall call, AroundWeights weights, PaintedWindow painted) {
    this.math = run.blocks();
    this.size = run.size();
    this.windows = Windows.of(size);
    this.weights = weights;
    this.painted = painted;
    int rows = painted.rows();
    int width = size.stripWidth();
    this.ofStrips = PaintedWindow.pair(call, size.channels(), rows, width);
    this.ofHalved = new Picture(call, size.channels(), rows, width);
    this.ofRefined = new Picture(call, size.channels(), rows, width);
    this.ofJoined = PaintedWindow.pair(call, size.heads(), rows, width);
    this.across = new PixelsAcross(call, PixelsAcross.size(size.channels(), TapSums.ROWS, width));
    this.blended = call.floats(size.blockRows() * width);
  }

  /** Forgets the window before. */
  void begin() {
    for (Picture[] pictures : new Picture[][] {ofStrips, {ofHalved, ofRefined}, ofJoined}) {
      for (Picture picture : pictures) {
        picture.clear();
      }
    }
  }

  /**
   * Takes the gradients of the scores of some rows; see {@link PaintedWindow#stretch}.
   *
   * @param ofScores {@code [rows·H, M]}
   */
  void put(int from, int to, Block ofScores) {
    int rows = to - from;
    int width = size.stripWidth();
    Block narrow = Block.of(blended, rows, width);
    for (int head = 0; head < size.heads(); head++) {
      Block wide =
          new Block(
              ofScores.data(),
              ofScores.at(head, 0),
              rows,
              size.width(),
              size.heads() * size.width(),
              1);
      math.product(wide, weights.across(), narrow);
      for (int row = from; row < to; row++) {
        boolean even = windows.rows() % 2 == 0;
        float share = even ? 0 : windows.shareOfNext(row);
        add(head, row, (row - from) * width, 1 - share);
        if (!even) {
          add(head, row + 1, (row - from) * width, share);
        }
      }
    }
  }

  private void add(int head, int row, int at, float share) {
    Picture into = ofJoined[row % 2];
    int first = into.at(head, painted.local(row / 2));
    for (int i = 0; i < size.stripWidth(); i++) {
      into.data()[first + i] += share * blended[at + i];
    }
  }

  /**
   * Goes back to the strips of pairs {@code firstPair} … {@code endPair} − 1.
   *
   * @param sums of the parameters' gradients by those pairs, added to
   */
  void back(int firstPair, int endPair, PaintedWindowSums sums) {
    Picture halved = painted.halved()[0];
    Picture refined = painted.refined()[0];
    int from = painted.local(firstPair - 1);
    int to = painted.local(endPair + 2);
    weights.joinEven().back(math, ofJoined[0], 0, ofRefined, from, to);
    weights.joinOdd().back(math, ofJoined[1], 0, ofRefined, from, to);
    ofRefined.cutLike(refined, from, to - from);
    from = painted.local(firstPair);
    to = painted.local(endPair + 1);
    weights.refine().back(math, ofRefined, 0, ofHalved, from, to);
    ofHalved.cutLike(halved, from, to - from);
    to = painted.local(endPair);
    for (int source = 0; source < ofStrips.length; source++) {
      weights.halve().back(math, ofHalved, source, ofStrips[source], from, to);
    }
    sums.joinEven().add(math, painted.refined(), ofJoined[0], from, to, across);
    sums.joinOdd().add(math, painted.refined(), ofJoined[1], from, to, across);
    sums.refine().add(math, painted.halved(), ofRefined, from, to, across);
    sums.halve().add(math, painted.strips(), ofHalved, from, to, across);
  }

  @Override
  public void read(int sequence, int from, int to, float[] into) {
    int width = size.stripWidth();
    int at = 0;
    for (int row = from; row < to; row++) {
      Picture picture = ofStrips[row % 2];
      for (int channel = 0; channel < size.channels(); channel++) {
        int first = picture.at(channel, painted.local(row / 2));
        System.arraycopy(picture.data(), first, into, at, width);
        at += width;
      }
    }
  }
}
