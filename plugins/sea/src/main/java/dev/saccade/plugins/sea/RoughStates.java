package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import java.util.Arrays;

/**
 * The sums over all positions beside each span that {@link RoughContext} begins with: every span is
 * added up by itself, on any thread, and then the spans one after the other in double precision.
 */
final class RoughStates {

  private final SeaSize size;
  private final float[][] ofHeads; // [B·H][spans · F·(2D + 1)]

  private RoughStates(SeaSize size, float[][] ofHeads) {
    this.size = size;
    this.ofHeads = ofHeads;
  }

  /**
   * Running sums of one head.
   *
   * @param memory Σ φ(k)uᵀ, {@code [F, 2D]}
   * @param mass Σ φ(k), {@code [1, F]}
   */
  record State(Block memory, Block mass) {}

  /** Of keys, for the queries after them: φ(k) and φ(k)uᵀ. */
  static RoughStates of(SeaRun run, KernelCall call) {
    RoughStates states = zero(run, call);
    int summed = run.size().spans() - 1; // nothing follows the last
    call.parallel(
        states.ofHeads.length * summed,
        () -> new RoughContext(run, call),
        (rough, task) -> states.sum(rough, task / summed, task % summed));
    call.parallel(states.ofHeads.length, head -> states.accumulate(head, false));
    return states;
  }

  /** Of the gradients of queries, for the keys before them; see {@link KeyGradient}. */
  static RoughStates ofQueries(SeaRun run, KernelGradientCall call, RoughGradient gradient) {
    RoughStates states = zero(run, call);
    int spans = run.size().spans();
    int heads = run.size().heads();
    call.parallel(
        states.ofHeads.length * spans,
        () -> new KeyGradient(run, call, gradient),
        (keys, task) -> {
          int head = task / spans;
          keys.sum(head / heads, head % heads, task % spans, states.state(head, task % spans));
        });
    call.parallel(states.ofHeads.length, head -> states.accumulate(head, true));
    return states;
  }

  private static RoughStates zero(SeaRun run, KernelCall call) {
    SeaSize size = run.size();
    float[][] ofHeads = new float[size.batch() * size.heads()][];
    for (int head = 0; head < ofHeads.length; head++) {
      ofHeads[head] = call.floats(Math.multiplyExact(size.spans(), stateSize(size)));
      Arrays.fill(ofHeads[head], 0);
    }
    return new RoughStates(size, ofHeads);
  }

  private static int stateSize(SeaSize size) {
    return size.features() * (2 * size.headSize() + 1);
  }

  /**
   * The sums over the keys before the row at which a span starts, or over the queries from the one
   * on at which the next span does.
   */
  State beside(int sequence, int head, int span) {
    return state(sequence * size.heads() + head, span);
  }

  private State state(int head, int span) {
    int features = size.features();
    int columns = 2 * size.headSize();
    int offset = span * stateSize(size);
    float[] data = ofHeads[head];
    return new State(
        new Block(data, offset, features, columns, columns, 1),
        new Block(data, offset + features * columns, 1, features, features, 1));
  }

  /** The sum over the keys from the start of a span to that of the next. */
  private void sum(RoughContext rough, int head, int span) {
    State state = state(head, span);
    int end = size.position(size.nextStart(span));
    int step = size.blockPositions();
    for (int from = size.position(size.startRow(span)); from < end; from += step) {
      rough.load(head / size.heads(), head % size.heads(), from, Math.min(from + step, end));
      rough.addTo(state);
    }
  }

  /** Replaces each span's sum by that of all before it or, from the end, behind it. */
  private void accumulate(int head, boolean fromEnd) {
    float[] data = ofHeads[head];
    int length = stateSize(size);
    double[] sum = new double[length];
    for (int i = 0; i < size.spans(); i++) {
      int at = (fromEnd ? size.spans() - 1 - i : i) * length;
      for (int j = 0; j < length; j++) {
        float ofSpan = data[at + j];
        data[at + j] = (float) sum[j];
        sum[j] += ofSpan;
      }
    }
  }
}
