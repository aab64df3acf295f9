package dev.saccade.plugins.baselines;

/**
 * The way back of {@link FlashKernel}, with weights p = exp(logit − logSum) computed anew:
 *
 * <pre>
 *   δ_t  = dcontext_t · context_t
 *   ds   = p·(dcontext_t·v_s − δ_t)      gradient of the logit of query t and key s
 *   dq_t = scale·Σ_s ds·k_s       dk_s = scale·Σ_t ds·q_t       dv_s = Σ_t p·dcontext_t
 * </pre>
 *
 * <p>Queries and keys each have a pass of their own. That computes p twice, but every sum then
 * stays with one task, in double precision, and needs no memory beside the results.
 *
 * @param contextGradient {@code [B·H, T, D]}
 * @param queryGradient {@code [B·H, T, D]}, written
 * @param keyGradient {@code [B·K, S, D]}, written
 * @param valueGradient {@code [B·K, S, D]}, written
 */
record FlashBackward(
    FlashForward forward,
    Numbers contextGradient,
    Numbers queryGradient,
    Numbers keyGradient,
    Numbers valueGradient) {

  /** Computes dq at positions {@code from} … {@code to} − 1 of one head of B·H. */
  void queries(int head, int from, int to) {
    FlashSize size = forward.size();
    int headSize = size.headSize();
    KeyTile tile = new KeyTile(headSize, forward.causal());
    Row row = new Row(headSize);
    double[] sums = new double[(to - from) * headSize];
    double[] sum = new double[headSize];
    int seen = forward.causal() ? Math.min(to, size.keys()) : size.keys();
    for (int first = 0; first < seen; first += KeyTile.KEYS) {
      load(tile, size.kvHead(head), first, Math.min(first + KeyTile.KEYS, seen));
      for (int position = from; position < to; position++) {
        if (row.load(head, position) && row.meet(tile)) {
          int offset = (position - from) * headSize;
          System.arraycopy(sums, offset, sum, 0, headSize);
          tile.addKeys(row.logitGradients, sum);
          System.arraycopy(sum, 0, sums, offset, headSize);
        }
      }
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] *= forward.scale();
    }
    queryGradient.write(((long) head * size.queries() + from) * headSize, sums, sums.length);
  }

  /**
   * Computes dk and dv at positions {@code from} … {@code to} − 1, at most a tile, of one key head
   * of B·K, from all query heads that it serves.
   */
  void keys(int kvHead, int from, int to) {
    FlashSize size = forward.size();
    int headSize = size.headSize();
    KeyTile tile = new KeyTile(headSize, forward.causal());
    load(tile, kvHead, from, to);
    Row row = new Row(headSize);
    double[] ofKeys = new double[(to - from) * headSize];
    double[] ofValues = new double[(to - from) * headSize];
    for (int head = kvHead * size.group(); head < (kvHead + 1) * size.group(); head++) {
      for (int position = forward.causal() ? from : 0; position < size.queries(); position++) {
        if (row.load(head, position) && row.meet(tile)) {
          addOuter(row.logitGradients, row.query, ofKeys); // the query is scaled already
          addOuter(row.weights, row.gradient, ofValues);
        }
      }
    }
    long first = ((long) kvHead * size.keys() + from) * headSize;
    keyGradient.write(first, ofKeys, ofKeys.length);
    valueGradient.write(first, ofValues, ofValues.length);
  }

  private void load(KeyTile tile, int kvHead, int from, int to) {
    tile.load(forward.size(), forward.key(), forward.value(), forward.real(), kvHead, from, to);
  }

  /** Adds {@code row}, times each weight, to the rows of {@code sums}. */
  private static void addOuter(double[] weights, double[] row, double[] sums) {
    int width = row.length;
    for (int j = 0; j * width < sums.length; j++) {
      double weight = weights[j];
      int offset = j * width;
      for (int d = 0; d < width; d++) {
        sums[offset + d] += weight * row[d];
      }
    }
  }

  /** One query, and what it gives to the keys of a tile. */
  private final class Row {

    private final double[] query; // times the scale
    private final double[] gradient; // of the context
    private final double[] context;
    private final double[] one = new double[1];
    private final double[] weights = new double[KeyTile.KEYS];
    private final double[] logitGradients = new double[KeyTile.KEYS];
    private int position;
    private double logSum;
    private double delta;

    Row(int headSize) {
      this.query = new double[headSize];
      this.gradient = new double[headSize];
      this.context = new double[headSize];
    }

    /** Returns whether the query saw any key. */
    boolean load(int head, int position) {
      this.position = position;
      long row = (long) head * forward.size().queries() + position;
      forward.logSum().read(row, one, 1);
      logSum = one[0];
      if (logSum == Double.NEGATIVE_INFINITY) {
        return false;
      }
      forward.query().read(row * query.length, query, query.length);
      contextGradient.read(row * query.length, gradient, query.length);
      forward.context().read(row * query.length, context, query.length);
      delta = 0;
      for (int d = 0; d < query.length; d++) {
        query[d] *= forward.scale();
        delta += gradient[d] * context[d];
      }
      return true;
    }

    /** Computes p and ds for the keys of the tile; returns whether it sees any of them. */
    boolean meet(KeyTile tile) {
      if (tile.logits(query, position, weights) == Double.NEGATIVE_INFINITY) {
        return false;
      }
      tile.timesValues(gradient, logitGradients);
      for (int j = 0; j < tile.count(); j++) {
        weights[j] = Math.exp(weights[j] - logSum);
        logitGradients[j] = weights[j] * (logitGradients[j] - delta);
      }
      return true;
    }
  }
}
