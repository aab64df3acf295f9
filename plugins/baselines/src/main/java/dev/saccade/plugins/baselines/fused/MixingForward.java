package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * One thread's work on the way forward of {@link MixingKernel}; a task is a head. Holds the memory
 * Σφ(k)vᵀ and the total Σφ(k) of all keys, or with a causal mask of those of the chunks before,
 * while a chunk's own keys and queries meet as in plain attention.
 */
final class MixingForward {

  private final MixingCall call;
  private final KeyChunk chunk;
  private final BlockFeatures queryFeatures;
  private final BlockFeatures keyFeatures;
  private final RunningSums memory; // [F, D]
  private final Block queries; // [C, D]
  private final WithinChunk within;
  private final Block sums; // [C, D]
  private final float[] mass = new float[MixingCall.CHUNK];
  private final float[] inverse = new float[MixingCall.CHUNK];
  private final float[] ones = new float[MixingCall.CHUNK];
  private final int[] rows = new int[MixingCall.CHUNK];

  MixingForward(MixingCall call) {
    int headSize = call.size().headSize();
    this.call = call;
    this.chunk = new KeyChunk(call);
    this.queryFeatures = call.queryFeatures();
    this.keyFeatures = call.keyFeatures(chunk);
    this.memory = new RunningSums(call, call.width(), headSize);
    this.queries = call.block(MixingCall.CHUNK, headSize);
    this.within = new WithinChunk(call.room());
    this.sums = call.block(MixingCall.CHUNK, headSize);
    Arrays.fill(ones, 1);
    Arrays.setAll(rows, row -> row);
  }

  /** Computes the context of a head of B·H. */
  void run(int head) {
    memory.clear(call.mixing().perFeature());
    keyFeatures.begin(head);
    AttentionSize size = call.size();
    if (call.mixing().causal()) {
      for (int from = 0; from < size.queries(); from += MixingCall.CHUNK) {
        Span some = Span.from(from, MixingCall.CHUNK, size.queries());
        Block features = load(head, some);
        mixFromBefore(features);
        if (from < size.keys()) {
          Block ofKeys = loadKeys(head, Span.from(from, MixingCall.CHUNK, size.keys()));
          within.add(features, ofKeys, chunk.values(), sums.rows(0, features.rows()), mass);
          remember(ofKeys);
        }
        finish(head, some);
      }
    } else {
      for (int from = 0; from < size.keys(); from += MixingCall.CHUNK) {
        remember(loadKeys(head, Span.from(from, MixingCall.CHUNK, size.keys())));
      }
      for (int from = 0; from < size.queries(); from += MixingCall.CHUNK) {
        Span some = Span.from(from, MixingCall.CHUNK, size.queries());
        mixFromBefore(load(head, some));
        finish(head, some);
      }
    }
  }

  private Block load(int head, Span some) {
    call.stopIfInterrupted();
    HeadRows.read(call.query(), head, call.size().queries(), some, queries);
    return queryFeatures.of(head / call.size().heads(), some, queries.rows(0, some.count()));
  }

  private Block loadKeys(int head, Span some) {
    call.stopIfInterrupted();
    chunk.load(head, some);
    Block features = keyFeatures.of(head / call.size().heads(), some, chunk.keys());
    chunk.blank(features);
    return features;
  }

  private void remember(Block ofKeys) {
    memory.add(ofKeys, chunk.values(), ones, ofKeys);
  }

  private void mixFromBefore(Block features) {
    int count = features.rows();
    call.math().product(features, memory.products(), sums.rows(0, count));
    call.math().gatherProducts(memory.total(), 0, features, rows, 0, count, mass, 0);
  }

  private void finish(int head, Span some) {
    for (int row = 0; row < some.count(); row++) {
      mass[row] = call.mixing().divisor(mass[row]);
      inverse[row] = 1 / mass[row];
    }
    Block context = sums.rows(0, some.count());
    call.math().scaleRows(context, inverse);
    HeadRows.write(call.context(), head, call.size().queries(), some, context);
    HeadRows.write(call.divisor(), head, call.size().queries(), some, mass);
  }
}
