package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * One thread's work on the way back of {@link MixingKernel}; a task is a head. With g = dcontext /
 * divisor and γ = −g·context, which is the gradient of the divisor:
 *
 * <pre>
 *   dφ(q_i) = Σ_j (g_i·v_j + γ_i)·φ(k_j)
 *   dφ(k_j) = Σ_i (g_i·v_j + γ_i)·φ(q_i)        dv_j = Σ_i (φ(q_i)·φ(k_j))·g_i
 * </pre>
 *
 * <p>Queries go first to last beside the running sums Σvφ(k)ᵀ and Σφ(k), as on the way forward;
 * keys, with a causal mask, last to first beside Σφ(q)gᵀ and Σγφ(q). Features are computed anew in
 * both, so that nothing is held that grows with the length.
 */
final class MixingBackward {

  private final MixingCall call;
  private final Tensor contextGradient;
  private final Tensor queryGradient;
  private final Tensor keyGradient;
  private final Tensor valueGradient;
  private final KeyChunk chunk;
  private final BlockFeatures queryFeatures;
  private final BlockFeatures keyFeatures;
  private final RunningSums before; // of keys, [D, F]
  private final RunningSums later; // of queries, [F, D]
  private final Block laterTransposed; // [D, F]
  private final Block queries; // [C, D], as the four below
  private final Block contexts;
  private final Block gradients; // g
  private final Block result;
  private final Block valuesByFeature; // [D, C]
  private final Block keysByFeature; // [F, C]
  private final Block featureGradients; // [C, F]
  private final Block weights; // [C, C]
  private final float[] divisors = new float[MixingCall.CHUNK];
  private final float[] massGradients = new float[MixingCall.CHUNK]; // γ
  private final float[] ones = new float[MixingCall.CHUNK];

  MixingBackward(MixingCall call, KernelGradientCall gradientCall) {
    int headSize = call.size().headSize();
    int chunkSize = MixingCall.CHUNK;
    this.call = call;
    this.contextGradient = gradientCall.outputGradients().get(MixingKernel.CONTEXT);
    this.queryGradient = gradientCall.inputGradients().get(MixingKernel.QUERY);
    this.keyGradient = gradientCall.inputGradients().get(MixingKernel.KEY);
    this.valueGradient = gradientCall.inputGradients().get(MixingKernel.VALUE);
    this.chunk = new KeyChunk(call);
    this.queryFeatures = call.queryFeatures();
    this.keyFeatures = call.keyFeatures(chunk);
    this.before = new RunningSums(call, headSize, call.width());
    this.later = new RunningSums(call, call.width(), headSize);
    this.laterTransposed = call.block(headSize, call.width());
    this.queries = call.block(chunkSize, headSize);
    this.contexts = call.block(chunkSize, headSize);
    this.gradients = call.block(chunkSize, headSize);
    this.result = call.block(chunkSize, headSize);
    this.valuesByFeature = call.block(headSize, chunkSize);
    this.keysByFeature = call.block(call.width(), chunkSize);
    this.featureGradients = call.block(chunkSize, call.width());
    this.weights = call.block(chunkSize, chunkSize);
    Arrays.fill(ones, 1);
  }

  /** Computes all gradients of a head of B·H. */
  void run(int head) {
    before.clear(call.mixing().perFeature());
    later.clear(0);
    keyFeatures.begin(head);
    if (call.mixing().causal()) {
      causal(head);
    } else {
      everything(head);
    }
    keyFeatures.finish(head, keyGradient);
  }

  private void everything(int head) {
    AttentionSize size = call.size();
    for (int from = 0; from < size.keys(); from += MixingCall.CHUNK) {
      remember(loadKeys(head, Span.from(from, MixingCall.CHUNK, size.keys())));
    }
    for (int from = 0; from < size.queries(); from += MixingCall.CHUNK) {
      Span some = Span.from(from, MixingCall.CHUNK, size.queries());
      Block features = load(head, some);
      finishQueries(head, some, fromBefore(features));
      rememberQueries(features);
    }
    call.math().copy(later.products().transposed(), laterTransposed);
    for (int from = 0; from < size.keys(); from += MixingCall.CHUNK) {
      Span some = Span.from(from, MixingCall.CHUNK, size.keys());
      finishKeys(head, some, fromLater(loadKeys(head, some)));
    }
  }

  private void causal(int head) {
    AttentionSize size = call.size();
    for (int from = 0; from < size.queries(); from += MixingCall.CHUNK) {
      Span some = Span.from(from, MixingCall.CHUNK, size.queries());
      Block gradient = fromBefore(load(head, some));
      if (from < size.keys()) {
        Block ofKeys = loadKeys(head, Span.from(from, MixingCall.CHUNK, size.keys()));
        call.math().addProduct(weightGradients(some.count()), ofKeys, gradient);
        remember(ofKeys);
      }
      finishQueries(head, some, gradient);
    }
    int last = (size.keys() - 1) / MixingCall.CHUNK * MixingCall.CHUNK;
    for (int from = Math.max(last, lastQueries()); from >= 0; from -= MixingCall.CHUNK) {
      boolean hasQueries = from < size.queries();
      Block features =
          hasQueries
              ? load(head, Span.from(from, MixingCall.CHUNK, size.queries()))
              : featureGradients.rows(0, 0);
      if (from < size.keys()) {
        Span some = Span.from(from, MixingCall.CHUNK, size.keys());
        call.math().copy(later.products().transposed(), laterTransposed);
        Block ofKeys = loadKeys(head, some);
        Block gradient = fromLater(ofKeys);
        if (hasQueries) {
          within(features, ofKeys, gradient);
        }
        finishKeys(head, some, gradient);
      }
      if (hasQueries) {
        rememberQueries(features);
      }
    }
  }

  private int lastQueries() {
    return (call.size().queries() - 1) / MixingCall.CHUNK * MixingCall.CHUNK;
  }

  /** Reads queries and what belongs to them; returns their features, {@code [C, F]}. */
  private Block load(int head, Span some) {
    call.stopIfInterrupted();
    int positions = call.size().queries();
    int count = some.count();
    HeadRows.read(call.query(), head, positions, some, queries);
    HeadRows.read(call.context(), head, positions, some, contexts);
    HeadRows.read(contextGradient, head, positions, some, gradients);
    HeadRows.read(call.divisor(), head, positions, some, divisors);
    float least = call.mixing().least();
    Arrays.fill(massGradients, 0);
    for (int row = 0; row < count; row++) {
      divisors[row] = 1 / divisors[row];
    }
    call.math().scaleRows(gradients.rows(0, count), divisors);
    call.math().rowProducts(gradients.rows(0, count), contexts.rows(0, count), massGradients);
    for (int row = 0; row < count; row++) {
      boolean isLeast = least > 0 && divisors[row] >= 1 / least; // which does not change
      massGradients[row] = isLeast ? 0 : -massGradients[row];
    }
    return queryFeatures.of(head / call.size().heads(), some, queries.rows(0, count));
  }

  private Block loadKeys(int head, Span some) {
    call.stopIfInterrupted();
    chunk.load(head, some);
    Block features = keyFeatures.of(head / call.size().heads(), some, chunk.keys());
    chunk.blank(features);
    return features;
  }

  private void remember(Block ofKeys) {
    before.add(chunk.values(), ofKeys, ones, ofKeys);
  }

  private void rememberQueries(Block features) {
    later.add(features, gradients.rows(0, features.rows()), massGradients, features);
  }

  /** What the features of queries get from the keys that are remembered. */
  private Block fromBefore(Block features) {
    Block gradient = featureGradients.rows(0, features.rows());
    call.math().product(gradients.rows(0, features.rows()), before.products(), gradient);
    Spread.addOuter(massGradients, before.total(), gradient);
    return gradient;
  }

  /** What the features of the chunk's keys get from the queries that are remembered. */
  private Block fromLater(Block ofKeys) {
    Block gradient = featureGradients.rows(0, ofKeys.rows());
    call.math().product(chunk.values(), laterTransposed, gradient);
    Spread.addOuter(ones, later.total(), gradient);
    call.math().product(ofKeys, later.products(), result.rows(0, ofKeys.rows()));
    return gradient;
  }

  /** g_i·v_j + γ_i for the chunk's queries and keys, zero for later keys. */
  private Block weightGradients(int count) {
    Block gradient = weights.rows(0, count).columns(0, chunk.span().count());
    Block values = valuesByFeature.columns(0, chunk.span().count());
    call.math().copy(chunk.values().transposed(), values);
    call.math().product(gradients.rows(0, count), values, gradient);
    Spread.addOuter(massGradients, ones, gradient);
    Spread.hideLater(gradient);
    return gradient;
  }

  /** Adds what keys and values get from the queries of their own chunk. */
  private void within(Block features, Block ofKeys, Block gradient) {
    BlockMath math = call.math();
    int count = features.rows();
    math.addProduct(weightGradients(count).transposed(), features, gradient);
    Block byFeature = keysByFeature.columns(0, ofKeys.rows());
    math.copy(ofKeys.transposed(), byFeature);
    Block seen = weights.rows(0, count).columns(0, ofKeys.rows());
    math.product(features, byFeature, seen);
    Spread.hideLater(seen);
    math.addProduct(seen.transposed(), gradients.rows(0, count), result.rows(0, ofKeys.rows()));
  }

  private void finishQueries(int head, Span some, Block ofFeatures) {
    Block gradient = result.rows(0, some.count());
    queryFeatures.back(ofFeatures, gradient);
    HeadRows.write(queryGradient, head, call.size().queries(), some, gradient);
  }

  private void finishKeys(int head, Span some, Block ofFeatures) {
    Block gradient = result.rows(0, some.count());
    HeadRows.write(valueGradient, head, call.size().keys(), some, gradient);
    chunk.blank(ofFeatures);
    keyFeatures.back(ofFeatures, gradient);
    chunk.blank(gradient);
    HeadRows.write(keyGradient, head, call.size().keys(), some, gradient);
  }
}
