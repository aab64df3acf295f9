package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The way back of {@link SeaKernel}, which computes the way forward anew.
 *
 * <p>No gradient passes the choice of keys, so it reaches queries, keys and values by three ways:
 * through the attention to the kept keys, through the average, and from the two gates through the
 * encoder and the rough contexts. What only serves the choice has a gradient of zero.
 */
final class SeaGradient {

  /** The parameters' gradients of so many spans are kept to be added in order. */
  private static final long MOST_BYTES = 32L << 20;

  private static final int POSITIONS_AT_ONCE = 256;

  private final SeaRun run;
  private final SeaSize size;
  private final KernelGradientCall call;

  SeaGradient(SeaRun run, KernelGradientCall call) {
    this.run = run;
    this.size = run.size();
    this.call = call;
  }

  void compute() {
    Tensor ofGates = call.scratch(Shape.of((long) size.batch() * size.heads(), size.rows(), 2));
    Estimated estimated = EstimatedSpans.estimate(run, call);
    KeptAttentionGradient.attend(run, call, estimated, ofGates);
    clearParameters();
    RoughGradient rough = RoughGradient.of(call, size);
    throughEncoder(ofGates, rough);
    toKeys(rough);
  }

  /** Those that get nothing else, and with them k and the mask. */
  private void clearParameters() {
    float[] zeros = call.floats(1 << 12);
    Arrays.fill(zeros, 0);
    for (Tensor gradient : call.inputGradients().subList(SeaInputs.KEPT, inputs())) {
      long count = gradient.shape().elements();
      for (long at = 0; at < count; at += zeros.length) {
        gradient.write(at, zeros, 0, (int) Math.min(zeros.length, count - at));
      }
    }
  }

  private int inputs() {
    return call.inputGradients().size();
  }

  /** In waves of a number that follows from sizes alone, and so does the order of additions. */
  private void throughEncoder(Tensor ofGates, RoughGradient rough) {
    RoughStates states = RoughStates.of(run, call);
    int tasks = size.batch() * size.spans();
    Map<String, double[]> totals = EncoderSums.totals(size);
    long bytes =
        totals.values().stream().mapToLong(total -> (long) total.length * Float.BYTES).sum();
    int atOnce = (int) Math.max(1, Math.min(tasks, MOST_BYTES / bytes));
    List<EncoderSums> sums =
        Stream.generate(() -> EncoderSums.of(call, size)).limit(atOnce).toList();
    for (int first = 0; first < tasks; first += atOnce) {
      int wave = first;
      int count = Math.min(atOnce, tasks - first);
      call.parallel(
          count,
          () -> new QueryGradient(run, call, states, ofGates, rough),
          (worker, task) ->
              worker.span(
                  (wave + task) / size.spans(), (wave + task) % size.spans(), sums.get(task)));
      sums.subList(0, count).forEach(ofSpan -> ofSpan.addTo(totals));
    }
    totals.forEach((name, total) -> gradient(name).write(0, total, 0, total.length));
  }

  private void toKeys(RoughGradient rough) {
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
    gradient(SeaParameters.POSITIONS).write((long) from * width, sum, 0, count);
  }

  private Tensor gradient(String parameter) {
    return call.inputGradients().get(run.inputs().parameter(parameter));
  }
}
