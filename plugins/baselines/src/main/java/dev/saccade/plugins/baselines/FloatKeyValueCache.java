package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.kernel.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values in float32, as blocks. Where a mechanism goes by single queries, sums within a
 * tile are float32, as the JIT makes vectors of nothing that changes type; tiles are added up in
 * float64.
 */
final class FloatKeyValueCache extends KeyValueCache {

  private final List<Block> keys; // of tiles [D, TILE]
  private final List<Block> values; // of tiles [TILE, D]

  private final float[] narrowQuery;
  private final float[] narrowProducts = new float[KeyValueCache.TILE];
  private final float[] narrowSum;

  FloatKeyValueCache(int keySize, int headSize) {
    super(keySize, headSize);
    this.keys = new ArrayList<>();
    this.values = new ArrayList<>();
    this.narrowQuery = new float[headSize];
    this.narrowSum = new float[headSize];
  }

  private FloatKeyValueCache(FloatKeyValueCache original) {
    super(original);
    this.keys = new ArrayList<>(original.keys);
    this.values = new ArrayList<>(original.values);
    this.narrowQuery = new float[headSize];
    this.narrowSum = new float[headSize];
  }

  @Override
  KeyValueCache copy() {
    return new FloatKeyValueCache(this);
  }

  @Override
  void products(int tile, double[] query, double[] into) {
    for (int d = 0; d < headSize; d++) {
      narrowQuery[d] = (float) query[d];
    }
    TileProducts.products(narrowQuery, keys.get(tile).data(), narrowProducts);
    for (int j = 0; j < narrowProducts.length; j++) {
      into[j] = narrowProducts[j];
    }
  }

  @Override
  void addValues(int tile, double[] weights, int count, double[] sum) {
    Arrays.fill(narrowSum, 0);
    TileProducts.addRows(weights, count, values.get(tile).data(), narrowSum);
    for (int d = 0; d < headSize; d++) {
      sum[d] += narrowSum[d];
    }
  }

  @Override
  void addValue(int row, double weight, double[] sum) {
    float[] tile = values.get(row / KeyValueCache.TILE).data();
    int at = row % KeyValueCache.TILE * headSize;
    for (int d = 0; d < headSize; d++) {
      sum[d] += weight * tile[at + d];
    }
  }

  @Override
  int numberBytes() {
    return Float.BYTES;
  }

  @Override
  void addTile() {
    keys.add(Block.of(keySize, KeyValueCache.TILE));
    values.add(Block.of(KeyValueCache.TILE, headSize));
  }

  @Override
  void copyTile(int tile) {
    keys.set(tile, copy(keys.get(tile)));
    values.set(tile, copy(values.get(tile)));
  }

  private static Block copy(Block tile) {
    return Block.of(tile.data().clone(), tile.rows(), tile.columns());
  }

  @Override
  TileQueries queries(AttentionSpec spec, NextPositions.OfHead next, int most) {
    return new FloatTileQueries(spec, next, most);
  }

  /** The keys of a tile by feature, {@code [D, rows]}. */
  Block keysByFeature(int tile) {
    int rows = rowsOf(tile);
    return rows == TILE ? keys.get(tile) : keys.get(tile).columns(0, rows);
  }

  /** The values of a tile, {@code [rows, D]}. */
  Block values(int tile) {
    int rows = rowsOf(tile);
    return rows == TILE ? values.get(tile) : values.get(tile).rows(0, rows);
  }

  @Override
  void write(int tile, int row, NextPositions.OfHead next, int position) {
    float[] columns = keys.get(tile).data();
    next.readValues(position, position + 1, values.get(tile).data(), row * headSize);
    if (keySize > 0) {
      next.readKeys(position, position + 1, narrowQuery, 0);
    }
    for (int d = 0; d < keySize; d++) {
      columns[d * KeyValueCache.TILE + row] = narrowQuery[d];
    }
  }
}
