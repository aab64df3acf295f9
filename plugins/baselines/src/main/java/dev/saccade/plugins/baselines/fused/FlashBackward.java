package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * One thread's work on the way back of {@link FlashKernel}. With e = exp(logit − greatest),
 * computed anew, and g = share·dcontext:
 *
 * <pre>
 *   δ_t  = g_t · context_t
 *   ds   = e·(g_t·v_s − δ_t)      gradient of the logit of query t and key s
 *   dq_t = scale·Σ_s ds·k_s       dk_s = scale·Σ_t ds·q_t       dv_s = Σ_t e·g_t
 * </pre>
 *
 * <p>Keys are outside, queries inside, as in FlashAttention-2: the gradients of some keys stay
 * close while the queries go by, and those of the queries are read, added to and written once for
 * several tiles of keys. A task is a key head with all queries that it serves, so nobody else adds
 * to them.
 */
final class FlashBackward {

  /** How many tiles of keys a tile of queries meets while it is close. */
  private static final int TILES = 4;

  private final FlashCall call;
  private final Tensor contextGradient;
  private final Tensor queryGradient;
  private final KeyGradients[] keys = new KeyGradients[TILES];
  private final Block queries; // [QUERIES, D], as the three below
  private final Block gradients; // of the context, times the shares
  private final Block contexts;
  private final Block sums; // of the queries' gradients
  private final Block contextsByFeature; // [D, QUERIES]
  private final Block weights; // [QUERIES, KEYS]; no more queries than keys
  private final Block logitGradients; // [QUERIES, KEYS]
  private final float[] deltas = new float[QueryTile.QUERIES];
  private final float[] greatest = new float[QueryTile.QUERIES];
  private final float[] shares = new float[QueryTile.QUERIES];
  private final float[] unused = new float[QueryTile.QUERIES];

  FlashBackward(FlashCall call, KernelGradientCall gradientCall) {
    int headSize = call.size().headSize();
    this.call = call;
    this.contextGradient = gradientCall.outputGradients().get(FlashKernel.CONTEXT);
    this.queryGradient = gradientCall.inputGradients().get(FlashKernel.QUERY);
    this.queries = call.block(QueryTile.QUERIES, headSize);
    this.gradients = call.block(QueryTile.QUERIES, headSize);
    this.contexts = call.block(QueryTile.QUERIES, headSize);
    this.sums = call.block(QueryTile.QUERIES, headSize);
    this.contextsByFeature = call.block(headSize, QueryTile.QUERIES);
    this.weights = call.block(QueryTile.QUERIES, KeyTile.KEYS);
    this.logitGradients = call.block(QueryTile.QUERIES, KeyTile.KEYS);
    for (int i = 0; i < TILES; i++) {
      keys[i] = new KeyGradients(call, gradientCall);
    }
  }

  static int tasks(AttentionSize size) {
    return size.batch() * size.kvHeads();
  }

  /** Computes the gradients of one key head of B·K and of the queries that it serves. */
  void run(int kvHead) {
    AttentionSize size = call.size();
    int firstHead = kvHead * size.group();
    for (int head = firstHead; head < firstHead + size.group(); head++) {
      clear(head);
    }
    int most = TILES * KeyTile.KEYS;
    for (int first = 0; first < size.keys(); first += most) {
      Span all = Span.from(first, most, size.keys());
      int tiles = 0;
      for (int from = first; from < all.to(); from += KeyTile.KEYS) {
        keys[tiles++].load(kvHead, Span.from(from, KeyTile.KEYS, all.to()));
      }
      for (int head = firstHead; head < firstHead + size.group(); head++) {
        for (int from = 0; from < size.queries(); from += QueryTile.QUERIES) {
          Span some = Span.from(from, QueryTile.QUERIES, size.queries());
          if (!call.sight().seesNone(some, all)) {
            meet(head, some, tiles);
          }
        }
      }
      for (int i = 0; i < tiles; i++) {
        keys[i].finish(kvHead);
      }
    }
  }

  private void clear(int head) {
    Arrays.fill(sums.data(), 0);
    int positions = call.size().queries();
    for (int from = 0; from < positions; from += QueryTile.QUERIES) {
      Span some = Span.from(from, QueryTile.QUERIES, positions);
      HeadRows.write(queryGradient, head, positions, some, sums);
    }
  }

  /** Adds what some queries and the first tiles of keys give to each other. */
  private void meet(int head, Span some, int tiles) {
    load(head, some);
    for (int i = 0; i < tiles; i++) {
      if (keys[i].tile().isSeenBy(some)) {
        meet(keys[i], some);
      }
    }
    HeadRows.write(queryGradient, head, call.size().queries(), some, sums);
  }

  private void load(int head, Span some) {
    call.stopIfInterrupted();
    int positions = call.size().queries();
    HeadRows.read(call.query(), head, positions, some, queries);
    HeadRows.read(contextGradient, head, positions, some, gradients);
    HeadRows.read(call.context(), head, positions, some, contexts);
    HeadRows.read(queryGradient, head, positions, some, sums);
    HeadRows.read(call.greatest(), head, positions, some, greatest);
    HeadRows.read(call.share(), head, positions, some, shares);
    call.math().scaleRows(gradients.rows(0, some.count()), shares);
    loadDeltas(some.count());
  }

  /**
   * By the product that g·v comes of, though of its square only the diagonal is wanted: then the
   * two cancel where one key has all the weight. It is one product for some dozens.
   */
  private void loadDeltas(int count) {
    Block products = weights.rows(0, count).columns(0, count);
    Block byFeature = contextsByFeature.columns(0, count);
    call.math().copy(contexts.rows(0, count).transposed(), byFeature);
    call.math().product(gradients.rows(0, count), byFeature, products);
    for (int row = 0; row < count; row++) {
      deltas[row] = products.data()[products.at(row, row)];
    }
  }

  private void meet(KeyGradients some, Span span) {
    BlockMath math = call.math();
    KeyTile tile = some.tile();
    int rows = span.count();
    Block e = weights.rows(0, rows).columns(0, tile.span().count());
    Block ds = logitGradients.rows(0, rows).columns(0, tile.span().count());
    Block gradient = gradients.rows(0, rows);
    tile.logits(queries.rows(0, rows), span, e);
    math.exp(e, greatest, unused);
    math.addProduct(e.transposed(), gradient, some.ofValues());
    math.product(gradient, some.valuesByFeature(), ds);
    for (int row = 0; row < rows; row++) {
      toLogits(ds, e, row, deltas[row], call.scale());
    }
    math.addProduct(ds, tile.keys(), sums.rows(0, rows));
    math.addProduct(ds.transposed(), queries.rows(0, rows), some.ofKeys());
  }

  /** scale·ds = scale·e·(g·v − δ), in place of g·v. */
  private static void toLogits(Block ds, Block e, int row, float delta, float scale) {
    float[] gradients = ds.data();
    float[] weights = e.data();
    int start = ds.at(row, 0);
    int shift = e.at(row, 0) - start;
    for (int i = start; i < start + ds.columns(); i++) {
      gradients[i] = scale * (weights[shift + i] * (gradients[i] - delta));
    }
  }
}
