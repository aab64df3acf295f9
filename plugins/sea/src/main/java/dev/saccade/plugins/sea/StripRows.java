package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * The strips of every row of the estimate, or their gradients. Different rows may be read and
 * written by different threads.
 *
 * @param numbers {@code [B, T′, 2H, W]}
 */
record StripRows(SeaSize size, Tensor numbers) {

  static StripRows of(KernelCall call, SeaSize size) {
    return new StripRows(
        size,
        call.scratch(Shape.of(size.batch(), size.rows(), size.channels(), size.stripWidth())));
  }

  /** The strips of all rows of all sequences. */
  static StripRows encoded(SeaRun run, KernelCall call) {
    SeaSize size = run.size();
    StripRows strips = of(call, size);
    RoughStates states = RoughStates.of(run, call);
    call.parallel(
        size.batch() * size.spans(),
        () -> new EncodedSpan(run, call, states),
        (worker, task) -> worker.write(task / size.spans(), task % size.spans(), strips));
    return strips;
  }

  /** Reads rows {@code from} … {@code to} − 1. */
  void read(int sequence, int from, int to, float[] into) {
    numbers.read(first(sequence, from), into, 0, (to - from) * row());
  }

  void write(int sequence, int from, int to, float[] rows) {
    numbers.write(first(sequence, from), rows, 0, (to - from) * row());
  }

  private long first(int sequence, int row) {
    return ((long) sequence * size.rows() + row) * row();
  }

  private int row() {
    return size.channels() * size.stripWidth();
  }
}
