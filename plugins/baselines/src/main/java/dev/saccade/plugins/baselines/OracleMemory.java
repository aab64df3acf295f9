package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import java.util.Arrays;

/**
 * All keys and values so far, of which every query takes the k with the greatest logits: {@link
 * TopKOracleAttention} one position after the other. Of equal logits the earlier key is kept.
 */
final class OracleMemory implements HeadMemory {

  private final AttentionSpec spec;
  private final int kept;
  private final KeyValueCache cache; // of what is no padding
  private double[] logits = new double[KeyValueCache.TILE]; // grows with the text
  private double[] sorted = new double[KeyValueCache.TILE];

  /**
   * @param kept k
   */
  OracleMemory(AttentionSpec spec, int kept) {
    this(spec, kept, KeyValueCache.empty(spec));
  }

  private OracleMemory(AttentionSpec spec, int kept, KeyValueCache cache) {
    this.spec = spec;
    this.kept = kept;
    this.cache = cache;
  }

  @Override
  public long bytes() {
    return cache.bytes() + (long) Double.BYTES * (logits.length + sorted.length);
  }

  @Override
  public HeadMemory copy() {
    return new OracleMemory(spec, kept, cache.copy());
  }

  @Override
  public void take(NextPositions.OfHead next) {
    double[] query = new double[spec.headSize()];
    double[] context = new double[spec.headSize()];
    for (int position = 0; position < next.count(); position++) {
      if (next.isVisible(position)) {
        cache.append(next, position);
      }
      for (int head = 0; head < next.queryHeads(); head++) {
        next.readQuery(head, position, query);
        Arrays.fill(context, 0);
        attend(query, context);
        next.writeContext(head, position, context);
      }
    }
  }

  private void attend(double[] query, double[] context) {
    int keys = cache.rows();
    if (keys == 0) {
      return;
    }
    match(query);
    System.arraycopy(logits, 0, sorted, 0, keys);
    Arrays.sort(sorted, 0, keys);
    double least = sorted[Math.max(keys - kept, 0)];
    double greatest = sorted[keys - 1];
    int ties = 0; // how many of those equal to the least are kept
    for (int i = Math.max(keys - kept, 0); i < keys && sorted[i] == least; i++) {
      ties++;
    }
    double sum = 0;
    for (int row = 0; row < keys; row++) {
      if (logits[row] > least || (logits[row] == least && ties-- > 0)) {
        double weight = Math.exp(logits[row] - greatest);
        sum += weight;
        cache.addValue(row, weight, context);
      }
    }
    for (int d = 0; d < context.length; d++) {
      context[d] /= sum;
    }
  }

  /** Writes the logits of all keys. */
  private void match(double[] query) {
    int room = cache.tiles() * KeyValueCache.TILE;
    if (room > logits.length) {
      logits = new double[2 * room];
      sorted = new double[2 * room];
    }
    for (int d = 0; d < query.length; d++) {
      query[d] *= spec.scale();
    }
    double[] ofTile = new double[KeyValueCache.TILE];
    for (int tile = 0; tile < cache.tiles(); tile++) {
      cache.products(tile, query, ofTile);
      System.arraycopy(ofTile, 0, logits, tile * KeyValueCache.TILE, KeyValueCache.TILE);
    }
  }
}
