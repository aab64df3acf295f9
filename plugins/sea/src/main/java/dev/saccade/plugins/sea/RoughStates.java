package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;

/**
 * The sums over all keys before each span that {@link RoughContext} begins with: every span is
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

  static RoughStates of(SeaRun run, KernelCall call) {
    SeaSize size = run.size();
    int heads = size.batch() * size.heads();
    float[][] ofHeads = new float[heads][];
    for (int head = 0; head < heads; head++) {
      ofHeads[head] = call.floats(Math.multiplyExact(size.spans(), stateSize(size)));
      Arrays.fill(ofHeads[head], 0);
    }
    RoughStates states = new RoughStates(size, ofHeads);
    int summed = size.spans() - 1; // nothing follows the last
    call.parallel(
        heads * summed,
        () -> new RoughContext(run, call),
        (rough, task) -> states.sum(rough, task / summed, task % summed));
    call.parallel(heads, states::accumulate);
    return states;
  }

  private static int stateSize(SeaSize size) {
    return size.features() * (2 * size.headSize() + 1);
  }

  /** The sums over the keys before the row at which a span starts. */
  State before(int sequence, int head, int span) {
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
    int end = size.position(size.startRow(span + 1));
    int step = size.blockPositions();
    for (int from = size.position(size.startRow(span)); from < end; from += step) {
      rough.load(
          head / size.heads(), head % size.heads(), from, Math.min(from + step, end));
      rough.addTo(state);
    }
  }

  /** Replaces each span's sum by that of all before it. */
  private void accumulate(int head) {
    float[] data = ofHeads[head];
    int length = stateSize(size);
    double[] sum = new double[length];
    for (int span = 0; span < size.spans(); span++) {
      for (int i = 0; i < length; i++) {
        float ofSpan = data[span * length + i];
        data[span * length + i] = (float) sum[i];
        sum[i] += ofSpan;
      }
    }
  }
}
