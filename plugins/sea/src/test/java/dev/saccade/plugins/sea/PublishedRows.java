package dev.saccade.plugins.sea;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A sparse matrix as the published kernels lay it out: a row is a query with all its heads, and a
 * column number is head·S + key. Entries go by head, then by column of the estimate, and within one
 * from the last key to the first. Sequences are filled up with zeros to the longest.
 *
 * @param pointers {@code [B, T + 1]}
 * @param columns {@code [B, entries]}
 * @param values {@code [B, entries]}
 */
record PublishedRows(INDArray pointers, INDArray columns, INDArray values) {

  private record Entry(int head, int column, int key, double value) {}

  /**
   * @param kept {@code [B, H, T, S]}
   * @param weights {@code [B, H, T, S]}
   * @param columnOfKey {@code [b, R, S]} as in {@link ColumnsToKeys}
   */
  static PublishedRows of(INDArray kept, INDArray weights, INDArray columnOfKey) {
    int batch = (int) kept.size(0);
    int heads = (int) kept.size(1);
    int queries = (int) kept.size(2);
    int keys = (int) kept.size(3);
    double[][] pointers = new double[batch][queries + 1];
    List<List<Entry>> sequences = new ArrayList<>();
    for (int sequence = 0; sequence < batch; sequence++) {
      List<Entry> entries = new ArrayList<>();
      for (int query = 0; query < queries; query++) {
        List<Entry> row = new ArrayList<>();
        for (int head = 0; head < heads; head++) {
          for (int key = 0; key < keys; key++) {
            if (kept.getDouble(sequence, head, query, key) != 0) {
              int column =
                  columnOfKey.getInt(
                      sequence % (int) columnOfKey.size(0), query % (int) columnOfKey.size(1), key);
              row.add(new Entry(head, column, key, weights.getDouble(sequence, head, query, key)));
            }
          }
        }
        row.sort(
            Comparator.comparingInt(Entry::head)
                .thenComparingInt(Entry::column)
                .thenComparing(Entry::key, Comparator.reverseOrder()));
        entries.addAll(row);
        pointers[sequence][query + 1] = entries.size();
      }
      sequences.add(entries);
    }
    int longest = sequences.stream().mapToInt(List::size).max().orElseThrow();
    double[][] columns = new double[batch][longest];
    double[][] values = new double[batch][longest];
    for (int sequence = 0; sequence < batch; sequence++) {
      Arrays.fill(values[sequence], 1);
      for (int i = 0; i < sequences.get(sequence).size(); i++) {
        Entry entry = sequences.get(sequence).get(i);
        columns[sequence][i] = (double) entry.head() * keys + entry.key();
        values[sequence][i] = entry.value();
      }
    }
    return new PublishedRows(
        Nd4j.createFromArray(pointers),
        Nd4j.createFromArray(columns),
        Nd4j.createFromArray(values));
  }
}
