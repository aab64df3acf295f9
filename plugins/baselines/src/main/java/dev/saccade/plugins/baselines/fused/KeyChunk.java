package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/** Some consecutive keys of one head and their values, for one thread of {@link MixingKernel}. */
final class KeyChunk {

  private final MixingCall call;
  private final Block keys; // [C, D]
  private final Block values; // [C, D]
  private final float[] real = new float[MixingCall.CHUNK];
  private Span span = new Span(0, 0);

  KeyChunk(MixingCall call) {
    this.call = call;
    this.keys = call.block(MixingCall.CHUNK, call.size().headSize());
    this.values = call.block(MixingCall.CHUNK, call.size().headSize());
  }

  /** Takes some keys of a head of B·H. */
  void load(int head, Span some) {
    span = some;
    int positions = call.size().keys();
    HeadRows.read(call.key(), head, positions, some, keys);
    HeadRows.read(call.value(), head, positions, some, values);
    Arrays.fill(real, 1);
    int sequence = head / call.size().heads();
    call.real().ifPresent(tensor -> HeadRows.read(tensor, sequence, positions, some, real));
  }

  Span span() {
    return span;
  }

  /** {@code [C, D]}. */
  Block keys() {
    return keys.rows(0, span.count());
  }

  /** {@code [C, D]}. */
  Block values() {
    return values.rows(0, span.count());
  }

  boolean isReal(int row) {
    return real[row] != 0;
  }

  /** Puts zeros into the rows of keys that are padding. */
  void blank(Block x) {
    for (int row = 0; row < x.rows(); row++) {
      if (!isReal(row)) {
        int start = x.at(row, 0);
        Arrays.fill(x.data(), start, start + x.columns(), 0);
      }
    }
  }
}
