package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;

/**
 * Estimates the rows of a span and keeps the greatest columns of each. An estimate lives no longer
 * than the block that it is computed in. To use by one thread.
 */
final class EstimatedSpans {

  private final SeaSize size;
  private final RoughStates states;
  private final RoughContext rough;
  private final SeaMath math;
  private final EncodedBlock encoded;
  private final PaintedBlock painted;
  private final KeptOfQuery ofQuery;
  private final float[] scores; // [rows·H, M]
  private final KeptBits kept;

  private EstimatedSpans(
      SeaRun run, KernelCall call, PastWeights weights, RoughStates states, KeptBits kept) {
    this.size = run.size();
    this.states = states;
    this.kept = kept;
    this.math = SeaMath.of(call::floats, run.blocks(), size);
    this.rough = new RoughContext(run, call);
    this.encoded = new EncodedBlock(run, call, math);
    this.painted = new PaintedBlock(run, call, weights, math, size.blockRows());
    this.ofQuery = new KeptOfQuery(run, kept);
    this.scores = call.floats(size.blockRows() * size.heads() * size.width());
  }

  /** Estimates all rows of all sequences. */
  static Estimated<AverageSoFar> estimate(SeaRun run, KernelCall call) {
    SeaSize size = run.size();
    KeptBits kept = new KeptBits(call, size);
    PastWeights weights = PastWeights.of(run, call);
    RoughStates states = RoughStates.of(run, call);
    call.parallel(
        size.batch() * size.spans(),
        () -> new EstimatedSpans(run, call, weights, states, kept),
        (worker, task) -> worker.span(task / size.spans(), task % size.spans()));
    return new Estimated<>(kept, new AverageSoFar());
  }

  private void span(int sequence, int span) {
    int end = size.firstRow(span + 1);
    painted.begin();
    for (int from = size.startRow(span); from < end; from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), end);
      int rows = to - from;
      for (int head = 0; head < size.heads(); head++) {
        RoughStates.State state = states.beside(sequence, head, span);
        rough.load(sequence, head, size.position(from), size.position(to));
        rough.ask(sequence, head, from, to);
        rough.mix(state, encoded.context(head, rows));
        rough.values(encoded.values(head, rows));
        if (to < end) {
          rough.addTo(state); // no other span reads it
        }
      }
      encoded.encode(rows);
      Block estimate = Block.of(scores, rows * size.heads(), size.width());
      painted.paint(rows, encoded.strips(rows), estimate);
      math.softmax(estimate);
      keep(sequence, from, Math.max(from, size.firstRow(span)), to);
    }
  }

  private void keep(int sequence, int blockStart, int from, int to) {
    float[] gates = encoded.gates(to - blockStart);
    for (int row = from; row < to; row++) {
      int inBlock = (row - blockStart) * size.heads();
      for (int head = 0; head < size.heads(); head++) {
        kept.writeGates(sequence, head, row, gates, 2 * (inBlock + head));
      }
      for (int position = size.position(row); position < size.position(row + 1); position++) {
        ofQuery.keep(sequence, position, scores, inBlock * size.width());
      }
    }
  }
}
