package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.SparseRows;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What a run must show of itself when it is probed: the keys that every query of a head kept, and
 * their weights, which sum to the gate of that query.
 *
 * @param gates {@code [B·H·T]}
 * @param error the greatest of single precision, of gates and, where a choice is sure, of weights
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SeaShown(SeaAttended attended, double[] gates, double error) {

  private static final double ROUNDINGS = 4 * Stored.precision(ElementType.F32);

  /** What tensor cores, which multiply where storage has 16 bits, leave of a number. */
  private static final double SPLIT = 0x1p-18;

  /**
   * @param hidden of the exact reference; that of single precision is beside it likewise
   * @param sure whether the choice of a row's query is
   */
  static SeaShown of(
      SeaReference exact,
      double[] hidden,
      SeaAttended attended,
      SeaReference single,
      double[] singleHidden,
      SeaAttended singleAttended,
      IntPredicate sure) {
    double[] gates = new double[attended.keys().length];
    double error = 0;
    for (int row = 0; row < gates.length; row++) {
      gates[row] = exact.gate(hidden, row);
      double singleGate = single.gate(singleHidden, row);
      error = Math.max(error, Math.abs(singleGate - gates[row]));
      if (sure.test(row)) {
        for (int i = 0; i < attended.keys()[row].length; i++) {
          double weight = gates[row] * attended.weights()[row][i];
          double singleWeight = singleGate * singleAttended.weights()[row][i];
          error = Math.max(error, Math.abs(singleWeight - weight));
        }
      }
    }
    return new SeaShown(attended, gates, error);
  }

  /** This, with what single precision errs at most here or there. */
  SeaShown orWorse(SeaShown other) {
    return new SeaShown(attended, gates, Math.max(error, other.error));
  }

  /**
   * Compares what a run showed. A kernel may err twice as much as single precision, and a few
   * roundings of numbers up to one; a sum rounds once a key besides.
   *
   * @param type numbers are stored in; what is shown is F32
   */
  List<Finding> compare(SparseRows shown, Sizes sizes, ElementType type, IntPredicate sure) {
    if (!isWhole(shown)) {
      return List.of(
          wrongRows(
              gates.length, gates.length, "row pointers do not ascend to the end of the lists"));
    }
    double least = type == ElementType.F32 ? ROUNDINGS : SPLIT;
    double allowed = 2 * error + least;
    Finding.Tally weights = new Finding.Tally("probes: weights");
    Finding.Tally sums = new Finding.Tally("probes: sums");
    long wrong = 0;
    for (int row = 0; row < gates.length; row++) {
      int from = (int) shown.rowPointers()[row];
      int count = (int) shown.rowPointers()[row + 1] - from;
      double sum = 0;
      for (int i = from; i < from + count; i++) {
        sum += shown.weights()[i];
      }
      double ofKeys = count * Stored.precision(ElementType.F32);
      sums.add(sum, count == 0 ? 0 : gates[row], allowed + ofKeys);
      if (!sure.test(row)) {
        wrong += couldBeKept(shown, from, count, row % sizes.length()) ? 0 : 1;
      } else if (!hasKeys(shown, from, count, row)) {
        wrong++;
      } else {
        for (int i = 0; i < count; i++) {
          double expected = gates[row] * attended.weights()[row][i];
          weights.add(shown.weights()[from + i], expected, allowed);
        }
      }
    }
    return List.of(
        wrongRows(gates.length, wrong, "%d rows have other keys".formatted(wrong)),
        weights.finding(Double.POSITIVE_INFINITY, ""),
        sums.finding(Double.POSITIVE_INFINITY, ""));
  }

  private static Finding wrongRows(long rows, long wrong, String remark) {
    return new Finding("probes: keys", rows, 2 * wrong, wrong, 0, wrong == 0 ? "" : remark);
  }

  private boolean isWhole(SparseRows shown) {
    long[] pointers = shown.rowPointers();
    if (pointers.length != gates.length + 1 || pointers[0] != 0) {
      return false;
    }
    for (int row = 0; row < gates.length; row++) {
      if (pointers[row] > pointers[row + 1]) {
        return false;
      }
    }
    return pointers[gates.length] == shown.columns().length
        && shown.columns().length == shown.weights().length;
  }

  private boolean hasKeys(SparseRows shown, int from, int count, int row) {
    int[] expected = attended.keys()[row];
    if (count != expected.length) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (shown.columns()[from + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether keys ascend, and none is later than the query. */
  private static boolean couldBeKept(SparseRows shown, int from, int count, int query) {
    int before = -1;
    for (int i = from; i < from + count; i++) {
      if (shown.columns()[i] <= before || shown.columns()[i] > query) {
        return false;
      }
      before = shown.columns()[i];
    }
    return true;
  }
}
