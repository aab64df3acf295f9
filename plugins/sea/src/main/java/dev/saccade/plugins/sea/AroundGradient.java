package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;

/**
 * The way back of {@link SeaKernel} without a causal mask, which computes the way forward anew.
 *
 * <p>No gradient passes the choice of keys. Queries, keys and values get theirs through the
 * attention to the kept keys, through the average, and from the gates and the means of the
 * estimate's columns, which weigh the average, through painting, encoder and rough contexts.
 */
record AroundGradient(SeaRun run, KernelGradientCall call) {

  void compute() {
    SeaSize size = run.size();
    long heads = (long) size.batch() * size.heads();
    Tensor ofGates = call.scratch(Shape.of(heads, size.rows(), 2));
    Tensor ofContexts = call.scratch(Shape.of(heads, size.rows(), 2L * size.headSize()));
    RoughTotals totals = RoughTotals.of(run, call);
    Estimated<AverageOfAll> estimated = EstimatedWindows.estimate(run, call, totals);
    KeptAttentionGradient.attend(run, call, estimated, ofGates);
    new EstimateGradient(run, call).clear(SeaInputs.KEPT, call.inputGradients().size());
    throughWindows(totals, estimated.average(), ofGates, ofContexts);
    throughKeys(totals, throughQueries(totals, ofContexts));
  }

  private void throughWindows(
      RoughTotals totals, AverageOfAll average, Tensor ofGates, Tensor ofContexts) {
    SeaSize size = run.size();
    AroundWeights weights = AroundWeights.of(run, call);
    int count = Windows.of(size).count();
    ParameterSums.run(
        run,
        call,
        size.batch() * count,
        WindowSums.totals(size),
        () -> WindowSums.of(call, size, weights),
        () -> new WindowGradient(run, call, weights, totals, average, ofGates, ofContexts),
        (worker, task, sums) -> worker.window(task / count, task % count, sums));
  }

  /** Returns dS and dz of every head. */
  private RoughTotals.Total[] throughQueries(RoughTotals totals, Tensor ofContexts) {
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

  private void throughKeys(RoughTotals totals, RoughTotals.Total[] gradients) {
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
