package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * What the reference says of numbers, and how sure that is.
 *
 * @param context {@code [B, H, T, D]}
 * @param kept columns, {@code [B, H, T, M]}
 * @param sure of every query, {@code [B, T]}
 * @param error the greatest of single precision where a choice is sure
 * @param relative ‖error‖/‖context‖ of it
 * @param shown by a run that is probed
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SeaKnown(
    Sizes sizes,
    double[] context,
    boolean[] kept,
    boolean[] sure,
    double error,
    double relative,
    SeaShown shown) {

  /** Up to so many rows single precision is tried on several sets of numbers. */
  static final int FEW_ROWS = 4_000;

  private static final int NEIGHBOURS = 4;

  /** A difference of two columns has the errors of both. */
  private static final double ERRORS = 2;

  /** A kernel that adds up in another order may err twice as much. */
  private static final double ANOTHER_ORDER = 2;

  /**
   * @param type that numbers are stored in
   */
  static SeaKnown of(SeaNumbers numbers, ElementType type) {
    SeaKnown known = once(numbers, type);
    int neighbours = numbers.sizes().rows() <= FEW_ROWS ? NEIGHBOURS : 0;
    for (int neighbour = 1; neighbour <= neighbours; neighbour++) {
      known = known.orWorse(once(numbers.nudged(neighbour), type));
    }
    return known;
  }

  private static SeaKnown once(SeaNumbers numbers, ElementType type) {
    Sizes sizes = numbers.sizes();
    SeaReference exact = SeaReference.of(numbers, SeaArithmetic.EXACT);
    SeaReference single = SeaReference.of(numbers, new SeaArithmetic(true, type));
    double[] hidden = exact.hidden();
    double[] singleHidden = single.hidden();
    double[] logs = exact.logWeights(exact.scores(hidden));
    double[] singleLogs = single.logWeights(single.scores(singleHidden));
    SeaChoice choice = SeaChoice.of(exact, logs);
    boolean[] sure = sure(choice.gaps(), deviations(sizes, logs, singleLogs), type);
    SeaAttended attended = SeaAttended.of(exact, choice.kept());
    SeaAttended singleAttended = SeaAttended.of(single, choice.kept());
    double[] context = exact.context(hidden, attended);
    double[] inSingle = single.context(singleHidden, singleAttended);
    Finding.Tally tally = new Finding.Tally("single precision");
    eachSure(sizes, sure, i -> tally.add(inSingle[i], context[i], 1));
    Finding finding = tally.finding(1, "");
    SeaShown shown =
        SeaShown.of(
            exact,
            hidden,
            attended,
            single,
            singleHidden,
            singleAttended,
            row -> sure[query(sizes, row)]);
    return new SeaKnown(
        sizes, context, choice.kept(), sure, finding.error(), finding.relative(), shown);
  }

  /** This, with what single precision errs at most here or there. */
  private SeaKnown orWorse(SeaKnown other) {
    return new SeaKnown(
        sizes,
        context,
        kept,
        sure,
        Math.max(error, other.error),
        Math.max(relative, other.relative),
        shown.orWorse(other.shown));
  }

  /** The greatest difference of any column of a query, {@code [B, T]}. */
  private static double[] deviations(Sizes sizes, double[] exact, double[] single) {
    int width = exact.length / sizes.rows();
    double[] deviations = new double[sizes.batch() * sizes.length()];
    for (int row = 0; row < sizes.rows(); row++) {
      int query = query(sizes, row);
      for (int i = row * width; i < (row + 1) * width; i++) {
        deviations[query] = Math.max(deviations[query], Math.abs(exact[i] - single[i]));
      }
    }
    return deviations;
  }

  /** How a factor is split for tensor cores is the same in every order. */
  private static boolean[] sure(double[] gaps, double[] deviations, ElementType type) {
    double safety = type == ElementType.F32 ? ERRORS * ANOTHER_ORDER : ERRORS;
    double usual = Arrays.stream(deviations).average().orElse(0);
    boolean[] sure = new boolean[gaps.length];
    for (int i = 0; i < gaps.length; i++) {
      sure[i] = gaps[i] > safety * (deviations[i] + usual);
    }
    return sure;
  }

  /** Which query of {@code [B, T]} a row of {@code [B, H, T]} belongs to. */
  private static int query(Sizes sizes, int row) {
    return row / (sizes.heads() * sizes.length()) * sizes.length() + row % sizes.length();
  }

  /**
   * @param row of {@code [B, H, T]}
   */
  boolean isSure(int row) {
    return sure[query(sizes, row)];
  }

  /** Calls {@code each} for every number of a context whose query's choice is sure. */
  void eachSure(IntConsumer each) {
    eachSure(sizes, sure, each);
  }

  private static void eachSure(Sizes sizes, boolean[] sure, IntConsumer each) {
    int size = sizes.headSize();
    for (int row = 0; row < sizes.rows(); row++) {
      if (sure[query(sizes, row)]) {
        for (int i = row * size; i < (row + 1) * size; i++) {
          each.accept(i);
        }
      }
    }
  }
}
