package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The way back from the estimate's scores, and from what else is read of the encoder, to what the
 * encoder saw, window by window: a window is painted anew, and as much of its neighbours as its own
 * strips have to do with. To use by one thread.
 */
final class WindowGradient {

  private final SeaRun run;
  private final SeaSize size;
  private final ScoresGradient ofScores;
  private final Tensor ofContexts; // [B·H, T′, 2D]
  private final EncodedWindow window;
  private final PaintedWindowGradient painted;
  private final EncoderGradient encoder;
  private final List<EncodedGradient> readers;
  private final GradientSum ofValues;
  private final float[] rows; // [rows, 2D]

  /**
   * @param ofScores gradients of the scores
   * @param readers what is read of the encoder beside the strips of the picture
   * @param ofContexts gradients of the rough contexts, written
   */
  WindowGradient(
      SeaRun run,
      KernelGradientCall call,
      AroundWeights weights,
      RoughTotals totals,
      ScoresGradient ofScores,
      List<EncodedGradient> readers,
      Tensor ofContexts) {
    this.run = run;
    this.size = run.size();
    this.ofScores = ofScores;
    this.ofContexts = ofContexts;
    int most = Windows.PAIRS + 2 * PaintedWindowGradient.REACH;
    this.window = new EncodedWindow(run, call, weights, totals, most);
    this.painted = new PaintedWindowGradient(run, call, weights, window.painted());
    this.encoder = new EncoderGradient(run, call, window.math());
    this.readers = new ArrayList<>(readers);
    this.readers.add(new StripsGradient(run, call, painted));
    int width = size.headSize();
    this.ofValues = new GradientSum(call.inputGradients().get(SeaInputs.VALUE), call.floats(width));
    this.rows = call.floats(size.blockRows() * 2 * width);
  }

  /**
   * Goes back from the rows of a window.
   *
   * @param sums of the parameters' gradients over the window, replaced
   */
  void window(int sequence, int number, WindowSums sums) {
    sums.clear();
    Windows windows = window.windows();
    int firstPair = windows.firstPair(number);
    int endPair = windows.endPair(number);
    int from = Math.max(firstPair - PaintedWindowGradient.REACH, 0);
    int to = Math.min(endPair + PaintedWindowGradient.REACH, windows.pairs());
    window.paint(sequence, from, to, (first, end, gates) -> {});
    painted.begin();
    for (int row = windows.row(from); row < windows.row(to); row += size.blockRows()) {
      int end = Math.min(row + size.blockRows(), windows.row(to));
      painted.put(row, end, ofScores.of(sequence, row, end, window));
    }
    painted.back(firstPair, endPair, sums.painted());
    for (int row = windows.row(firstPair); row < windows.row(endPair); row += size.blockRows()) {
      int end = Math.min(row + size.blockRows(), windows.row(endPair));
      throughEncoder(new OwnRows(sequence, row, row, end), sums);
    }
  }

  private void throughEncoder(OwnRows own, WindowSums sums) {
    window.encode(own.sequence(), own.from(), own.to());
    Block seen = window.encoded().seen(own.count());
    Block ofSeen = encoder.back(own, seen, readers, sums.encoder());
    int width = size.headSize();
    for (int head = 0; head < size.heads(); head++) {
      long ofBatch = (long) own.sequence() * size.heads() + head;
      for (int row = own.from(); row < own.to(); row++) {
        int at = ofSeen.at((row - own.from()) * size.heads() + head, 0);
        System.arraycopy(ofSeen.data(), at, rows, (row - own.from()) * 2 * width, 2 * width);
        int position = size.position(row);
        if (!run.sight().leavesOut(own.sequence(), position)) {
          long value = (ofBatch * size.length() + position) * width;
          ofValues.add(value, ofSeen.data(), at + 2 * width, width);
        }
      }
      long first = (ofBatch * size.rows() + own.from()) * 2 * width;
      ofContexts.write(first, rows, 0, own.count() * 2 * width);
    }
  }
}
