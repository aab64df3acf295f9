package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Arithmetic;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The heads of all sequences of a batch, decoded side by side. Its memory is Java's own: closing
 * lets go of it.
 */
final class HeadwiseDecoding implements DecodingState {

  /**
   * What a position costs is about what is remembered. Less than this is done before another thread
   * has woken up.
   */
  private static final long WORTH_SHARING = 1 << 20;

  /** What a step does with its tensors before heads take them. */
  interface Entrance {

    /**
     * Returns the step as heads take it.
     *
     * @param first how many positions came before
     */
    NextPositions enter(AttentionSpec spec, Arithmetic arithmetic, int first, DecodingStep step);
  }

  private final AttentionSpec spec;
  private final Entrance entrance;
  private final Arithmetic arithmetic;
  private final List<HeadMemory> heads; // B·K
  private int length;
  private boolean closed;

  private HeadwiseDecoding(
      AttentionSpec spec,
      Entrance entrance,
      Arithmetic arithmetic,
      List<HeadMemory> heads,
      int length) {
    this.spec = spec;
    this.entrance = entrance;
    this.arithmetic = arithmetic;
    this.heads = heads;
    this.length = length;
  }

  /**
   * Returns the state before the first position.
   *
   * @param ofHead the memory of a key head, by its number from 0 to K − 1, before any position
   */
  static HeadwiseDecoding open(DecodingSetup setup, IntFunction<HeadMemory> ofHead) {
    return open(setup, NextPositions::of, ofHead);
  }

  static HeadwiseDecoding open(
      DecodingSetup setup, Entrance entrance, IntFunction<HeadMemory> ofHead) {
    int kvHeads = setup.spec().kvHeads();
    List<HeadMemory> heads = new ArrayList<>();
    for (int head = 0; head < setup.batch() * kvHeads; head++) {
      heads.add(ofHead.apply(head % kvHeads));
    }
    return new HeadwiseDecoding(setup.spec(), entrance, setup.fastest(), heads, 0);
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public long bytes() {
    return heads.stream().mapToLong(HeadMemory::bytes).sum();
  }

  @Override
  public void advance(DecodingStep step) {
    requireOpen();
    NextPositions next = entrance.enter(spec, arithmetic, length, step);
    if (bytes() * next.count() < WORTH_SHARING) {
      for (int head = 0; head < heads.size(); head++) {
        heads.get(head).take(next.ofHead(head));
      }
    } else {
      step.parallel(heads.size(), head -> heads.get(head).take(next.ofHead(head)));
    }
    length += next.count();
  }

  @Override
  public DecodingState fork(List<Integer> sequences) {
    requireOpen();
    int kvHeads = spec.kvHeads();
    List<HeadMemory> copies = new ArrayList<>();
    for (int sequence : sequences) {
      for (HeadMemory head : heads.subList(sequence * kvHeads, (sequence + 1) * kvHeads)) {
        copies.add(head.copy());
      }
    }
    return new HeadwiseDecoding(spec, entrance, arithmetic, copies, length);
  }

  @Override
  public void close() {
    closed = true;
    heads.clear();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this decoding is closed");
    }
  }
}
