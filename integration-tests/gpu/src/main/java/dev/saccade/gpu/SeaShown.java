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
 * @param relative ‖error‖/‖weights and gates‖ of it
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SeaShown(SeaAttended attended, double[] gates, double error, double relative) {

  /** Tensor cores, which multiply where storage has 16 bits, err by 3·2⁻¹⁸ of terms of about one. */
  private static final double OF_TENSOR_CORES = 4 * 3 * 0x1p-18;

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
    Finding.Tally tally = new Finding.Tally("single precision");
    for (int row = 0; row < gates.length; row++) {
      gates[row] = exact.gate(hidden, row);
      double singleGate = single.gate(singleHidden, row);
      tally.add(singleGate, gates[row], 1);
      if (sure.test(row)) {
        for (int i = 0; i < attended.keys()[row].length; i++) {
          double computed = singleGate * singleAttended.weights()[row][i];
          tally.add(computed, gates[row] * attended.weights()[row][i], 1);
        }
      }
    }
    Finding finding = tally.finding(1, "");
    return new SeaShown(attended, gates, finding.error(), finding.relative());
  }

  /** This, with what single precision errs at most here or there. */
  SeaShown orWorse(SeaShown other) {
    return new SeaShown(
        attended,
        gates,
        Math.max(error, other.error),
        Math.max(relative, other.relative));
  }

  /**
   * Compares what a run showed. A kernel may err twice as much as single precision; a sum rounds
   * once a key besides.
   */
  List<Finding> compare(SparseRows shown, Sizes sizes, ElementType type, IntPredicate sure) {
    if (!isWhole(shown)) {
      return List.of(wrongRows(gates.length, gates.length, "row pointers are none"));
    }
    double least = 4 * Stored.precision(ElementType.F32);
    double ofCores = type == ElementType.F32 ? 0 : OF_TENSOR_CORES;
    double allowed = 2 * error + least + ofCores;
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
    double ofAll = 2 * relative + least + ofCores;
    return List.of(
        wrongRows(gates.length, wrong, "%d rows have other keys".formatted(wrong)),
        weights.finding(ofAll, ""),
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
