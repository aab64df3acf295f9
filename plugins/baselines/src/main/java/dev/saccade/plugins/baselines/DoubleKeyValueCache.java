package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import java.util.ArrayList;
import java.util.List;

/** Keys and values in float64. */
final class DoubleKeyValueCache extends KeyValueCache {

  private final List<double[]> keys; // of tiles [D, KEYS]
  private final List<double[]> values; // of tiles [KEYS, D]

  DoubleKeyValueCache(int keySize, int headSize) {
    super(keySize, headSize);
    this.keys = new ArrayList<>();
    this.values = new ArrayList<>();
  }

  private DoubleKeyValueCache(DoubleKeyValueCache original) {
    super(original);
    this.keys = new ArrayList<>(original.keys);
    this.values = new ArrayList<>(original.values);
  }

  @Override
  KeyValueCache copy() {
    return new DoubleKeyValueCache(this);
  }

  @Override
  void products(int tile, double[] query, double[] into) {
    TileProducts.products(query, keys.get(tile), into);
  }

  @Override
  void addValues(int tile, double[] weights, int count, double[] sum) {
    TileProducts.addRows(weights, count, values.get(tile), sum);
  }

  @Override
  void addValue(int row, double weight, double[] sum) {
    double[] tile = values.get(row / KeyValueCache.TILE);
    int at = row % KeyValueCache.TILE * headSize;
    for (int d = 0; d < headSize; d++) {
      sum[d] += weight * tile[at + d];
    }
  }

  @Override
  int numberBytes() {
    return Double.BYTES;
  }

  @Override
  void addTile() {
    keys.add(new double[keySize * KeyValueCache.TILE]);
    values.add(new double[KeyValueCache.TILE * headSize]);
  }

  @Override
  void copyTile(int tile) {
    keys.set(tile, keys.get(tile).clone());
    values.set(tile, values.get(tile).clone());
  }

  @Override
  TileQueries queries(AttentionSpec spec, NextPositions.OfHead next, int most) {
    return new DoubleTileQueries(spec, next, most);
  }

  @Override
  void write(int tile, int row, NextPositions.OfHead next, int position) {
    double[] key = new double[headSize];
    double[] value = new double[headSize];
    next.readKey(position, key);
    next.readValue(position, value);
    double[] columns = keys.get(tile);
    for (int d = 0; d < keySize; d++) {
      columns[d * KeyValueCache.TILE + row] = key[d];
    }
    System.arraycopy(value, 0, values.get(tile), row * headSize, headSize);
  }
}
