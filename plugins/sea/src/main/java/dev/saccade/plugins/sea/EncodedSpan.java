package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;

/** Encodes the rows from the start of one span to that of the next. To use by one thread. */
final class EncodedSpan {

  private final SeaSize size;
  private final RoughStates states;
  private final RoughContext rough;
  private final EncodedBlock encoded;

  /**
   * @param states used up
   */
  EncodedSpan(SeaRun run, KernelCall call, RoughStates states) {
    this.size = run.size();
    this.states = states;
    this.rough = new RoughContext(run, call);
    int vectors = size.blockRows() * size.heads();
    SeaMath math = new SeaMath(call, run.blocks(), vectors);
    this.encoded = new EncodedBlock(run, call, math);
  }

  void write(int sequence, int span, StripRows into) {
    int end = size.nextStart(span);
    for (int from = size.startRow(span); from < end; from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), end);
      for (int head = 0; head < size.heads(); head++) {
        RoughStates.State state = states.beside(sequence, head, span);
        rough.load(sequence, head, size.position(from), size.position(to));
        rough.ask(sequence, head, from, to);
        rough.mix(state, encoded.context(head, to - from));
        rough.values(encoded.values(head, to - from));
        rough.addTo(state); // no other span reads it
      }
      encoded.encode(to - from);
      Block strips = encoded.strips(to - from);
      into.write(sequence, from, to, strips.data());
    }
  }
}
