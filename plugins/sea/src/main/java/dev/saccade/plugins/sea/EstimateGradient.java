package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * The way back from what is read of the encoder, through it and the rough contexts, to the
 * encoder's parameters, the positions, queries, keys and values.
 */
record EstimateGradient(SeaRun run, KernelGradientCall call) {

  private static final int POSITIONS_AT_ONCE = 256;

  /**
   * Adds to the gradients of queries, keys and values, and writes those of the parameters.
   *
   * @param readers what is read of the encoder, made anew for every thread
   */
  void compute(Supplier<List<EncodedGradient>> readers) {
    RoughGradient rough = RoughGradient.of(call, run.size());
    throughEncoder(readers, rough);
    toKeys(rough);
  }

  private void throughEncoder(Supplier<List<EncodedGradient>> readers, RoughGradient rough) {
    SeaSize size = run.size();
    RoughStates states = RoughStates.of(run, call);
    ParameterSums.run(
        run,
        call,
        size.batch() * size.spans(),
        EncoderSums.totals(size),
        () -> EncoderSums.of(call, size),
        () -> new QueryGradient(run, call, states, readers.get(), rough),
        (worker, task, sums) -> worker.span(task / size.spans(), task % size.spans(), sums));
  }

  private void toKeys(RoughGradient rough) {
    SeaSize size = run.size();
    RoughStates behind = RoughStates.ofQueries(run, call, rough);
    Tensor ofPlaces = call.scratch(Shape.of(size.batch(), size.length(), size.headSize()));
    call.parallel(
        size.batch() * size.spans(),
        () -> new KeyGradient(run, call, rough),
        (worker, task) -> worker.span(task / size.spans(), task % size.spans(), behind, ofPlaces));
    call.parallel(
        SeaSize.ceilingOf(size.length(), POSITIONS_AT_ONCE), task -> addPlaces(task, ofPlaces));
  }

  /** Over the sequences of the batch. */
  private void addPlaces(int task, Tensor ofPlaces) {
    SeaSize size = run.size();
    int width = size.headSize();
    int from = task * POSITIONS_AT_ONCE;
    int count = (Math.min(from + POSITIONS_AT_ONCE, size.length()) - from) * width;
    double[] sum = new double[count];
    double[] ofSequence = new double[count];
    for (int sequence = 0; sequence < size.batch(); sequence++) {
      ofPlaces.read(((long) sequence * size.length() + from) * width, ofSequence, 0, count);
      for (int i = 0; i < count; i++) {
        sum[i] += ofSequence[i];
      }
    }
    call.inputGradients()
        .get(run.inputs().parameter(SeaParameters.POSITIONS))
        .write((long) from * width, sum, 0, count);
  }
}
