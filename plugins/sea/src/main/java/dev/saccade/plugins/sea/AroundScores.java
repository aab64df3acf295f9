package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import java.util.List;

/**
 * The scores where a query sees the whole sequence, painted window by window.
 *
 * @param totals that rough contexts are made of
 */
record AroundScores(SeaRun run, RoughTotals totals, ScoreRows rows) implements EstimatedScores {

  static AroundScores of(SeaRun run, KernelCall call) {
    RoughTotals totals = RoughTotals.of(run, call);
    ScoreRows scores = ScoreRows.of(call, run.size());
    AroundWeights weights = AroundWeights.of(run, call);
    int count = Windows.of(run.size()).count();
    call.parallel(
        run.size().batch() * count,
        () -> new EncodedWindow(run, call, weights, totals, Windows.PAIRS),
        (window, task) -> paint(run.size(), window, task / count, task % count, scores));
    return new AroundScores(run, totals, scores);
  }

  private static void paint(
      SeaSize size, EncodedWindow window, int sequence, int number, ScoreRows scores) {
    Windows windows = window.windows();
    int firstPair = windows.firstPair(number);
    int endPair = windows.endPair(number);
    window.paint(sequence, firstPair, endPair, (from, to, gates) -> {});
    int end = windows.row(endPair);
    for (int from = windows.row(firstPair); from < end; from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), end);
      scores.write(sequence, from, to, window.scores(from, to).data(), 0);
    }
  }

  @Override
  public void goBack(KernelGradientCall call) {
    new AroundEstimateGradient(run, call, totals).compute(() -> gradients(call), List::of);
  }

  private ScoresGradient gradients(KernelCall call) {
    int heads = run.size().heads();
    int width = run.size().width();
    float[] block = call.floats(run.size().blockRows() * heads * width);
    return (sequence, from, to, window) -> {
      rows.read(sequence, from, to, block);
      return Block.of(block, (to - from) * heads, width);
    };
  }
}
