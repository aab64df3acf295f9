package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * The way back of the estimate where a query sees the whole sequence: from its scores and from what
 * else is read of the encoder, through painting, encoder and rough contexts, to all parameters,
 * queries, keys and values.
 *
 * @param totals that rough contexts are made of
 */
record AroundEstimateGradient(SeaRun run, KernelGradientCall call, RoughTotals totals) {

  /**
   * Adds to the gradients of queries, keys and values, and writes those of the parameters.
   *
   * @param ofScores made anew for every thread, as the next
   * @param readers what is read of the encoder beside the strips of the picture
   */
  void compute(Supplier<ScoresGradient> ofScores, Supplier<List<EncodedGradient>> readers) {
    SeaSize size = run.size();
    long heads = (long) size.batch() * size.heads();
    Tensor ofContexts = call.scratch(Shape.of(heads, size.rows(), 2L * size.headSize()));
    throughWindows(ofScores, readers, ofContexts);
    throughKeys(throughQueries(ofContexts));
  }

  private void throughWindows(
      Supplier<ScoresGradient> ofScores,
      Supplier<List<EncodedGradient>> readers,
      Tensor ofContexts) {
    SeaSize size = run.size();
    AroundWeights weights = AroundWeights.of(run, call);
    int count = Windows.of(size).count();
    ParameterSums.run(
        run,
        call,
        size.batch() * count,
        WindowSums.totals(size),
        () -> WindowSums.of(call, size, weights),
        () ->
            new WindowGradient(
                run, call, weights, totals, ofScores.get(), readers.get(), ofContexts),
        (worker, task, sums) -> worker.window(task / count, task % count, sums));
  }

  /** Returns dS and dz of every head. */
  private RoughTotals.Total[] throughQueries(Tensor ofContexts) {
    SeaSize size = run.size();
    KeySpans spans = KeySpans.of(size).over(size.rows());
    int heads = size.batch() * size.heads();
    float[][] sums = new float[heads * spans.count()][];
    call.parallel(
        sums.length,
        () -> new QuerySums(run, call, totals, ofContexts),
        (queries, task) -> {
          int span = task % spans.count();
          sums[task] = call.floats(RoughTotals.sumSize(size));
          queries.rows(task / spans.count(), spans.first(span), spans.end(span), sums[task]);
        });
    RoughTotals.Total[] gradients = new RoughTotals.Total[heads];
    call.parallel(
        heads,
        head -> {
          float[] total = RoughTotals.total(sums, head * spans.count(), (head + 1) * spans.count());
          gradients[head] = RoughTotals.total(size, total, totals.of(head).strongest());
        });
    return gradients;
  }

  private void throughKeys(RoughTotals.Total[] gradients) {
    SeaSize size = run.size();
    KeySpans spans = KeySpans.of(size);
    double[] ofShifts = new double[gradients.length * spans.count()];
    call.parallel(
        ofShifts.length,
        () -> new KeySumsGradient(run, call, totals.across()),
        (keys, task) -> {
          int head = task / spans.count();
          float shift = totals.of(head).strongest().projected();
          ofShifts[task] = keys.span(head, spans, task % spans.count(), shift, gradients[head]);
        });
    if (!size.options().constantShift()) {
      for (int head = 0; head < gradients.length; head++) {
        double ofShift = 0;
        for (int span = 0; span < spans.count(); span++) {
          ofShift -= ofShifts[head * spans.count() + span];
        }
        throughShift(head, totals.of(head).strongest(), (float) ofShift);
      }
    }
  }

  /** What exponents are shifted by is ω·k of one key. */
  private void throughShift(int head, RoughTotals.Strongest strongest, float gradient) {
    int width = run.size().headSize();
    Block projection = run.weights().projection();
    float[] ofKey = call.floats(width);
    for (int d = 0; d < width; d++) {
      ofKey[d] = gradient * projection.data()[projection.at(strongest.feature(), d)];
    }
    long first = ((long) head * run.size().length() + strongest.position()) * width;
    new GradientSum(call.inputGradients().get(SeaInputs.KEY), call.floats(width))
        .add(first, ofKey, 0, width);
  }
}
