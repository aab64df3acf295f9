package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.SparseRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * SEA against {@link SeaReference}. Which columns are kept hangs on comparisons, so a query counts
 * where the choice is sure: the last that is kept is further from the first that is not than
 * rounding can move them. There a kernel may err twice as much as the same formulas in float32.
 *
 * <p>Gradients are compared along random directions with differences of the reference, whose choice
 * of columns stands.
 */
final class SeaTrial implements Trial {

  /** The part of queries without a sure choice above which a comparison says too little. */
  private static final double MOST_UNSURE = 0.05;

  /** The same where tensor cores multiply, which err more; so more choices are not sure. */
  private static final double MOST_UNSURE_IN_16_BITS = 0.2;

  /** A difference of two columns has the errors of both. */
  private static final double ERRORS = 2;

  /** A kernel that adds up in another order may err twice as much. */
  private static final double ANOTHER_ORDER = 2;

  /** Up to so many rows single precision is tried on several sets of numbers. */
  private static final int FEW_ROWS = 4_000;

  private static final int NEIGHBOURS = 4;
  private static final double STEP = 1e-5; // of a difference; numbers are of about one

  /**
   * Their gradients are differences of products with values, of which nothing is left where a query
   * sees one key: what rounding leaves is relative to the products.
   */
  private static final Set<String> CANCELLING = Set.of("query", "key");

  private final SeaNumbers numbers;
  private final List<String> trained; // parameters that take a gradient
  private final ElementType type;
  private final List<Numbers> inputs;
  private final Numbers drawnGradient;
  private @Nullable Known known;

  SeaTrial(
      SeaNumbers numbers,
      List<String> trained,
      ElementType type,
      List<Numbers> inputs,
      Numbers gradient) {
    this.numbers = numbers;
    this.trained = trained;
    this.type = type;
    this.inputs = inputs;
    this.drawnGradient = gradient;
  }

  /**
   * What the reference says.
   *
   * @param context {@code [B, H, T, D]}
   * @param sure of every query, {@code [B, T]}
   * @param error the greatest of single precision where a choice is sure
   * @param relative ‖error‖/‖context‖ of it
   * @param shown by a run that is probed
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Known(
      double[] context,
      boolean[] kept,
      boolean[] sure,
      double error,
      double relative,
      SeaShown shown) {}

  private Known known() {
    if (known == null) {
      Known first = compute(numbers);
      double error = first.error;
      double relative = first.relative;
      SeaShown shown = first.shown;
      int neighbours = numbers.sizes().rows() <= FEW_ROWS ? NEIGHBOURS : 0;
      for (int neighbour = 1; neighbour <= neighbours; neighbour++) {
        Known beside = compute(numbers.nudged(neighbour));
        error = Math.max(error, beside.error);
        relative = Math.max(relative, beside.relative);
        shown = shown.orWorse(beside.shown);
      }
      known = new Known(first.context, first.kept, first.sure, error, relative, shown);
    }
    return known;
  }

  private Known compute(SeaNumbers from) {
    SeaReference exact = SeaReference.of(from, SeaArithmetic.EXACT);
    SeaReference single = SeaReference.of(from, new SeaArithmetic(true, type));
    double[] exactHidden = exact.hidden();
    double[] singleHidden = single.hidden();
    double[] exactLogs = exact.logWeights(exact.scores(exactHidden));
    double[] singleLogs = single.logWeights(single.scores(singleHidden));
    SeaChoice choice = SeaChoice.of(exact, exactLogs);
    boolean[] sure = sure(choice.gaps(), deviations(exactLogs, singleLogs));
    SeaAttended attended = SeaAttended.of(exact, choice.kept());
    SeaAttended singleAttended = SeaAttended.of(single, choice.kept());
    double[] context = exact.context(exactHidden, attended);
    double[] inSingle = single.context(singleHidden, singleAttended);
    Finding.Tally tally = new Finding.Tally("single precision");
    eachSure(sure, i -> tally.add(inSingle[i], context[i], 1));
    Finding finding = tally.finding(1, "");
    SeaShown shown =
        SeaShown.of(
            exact,
            exactHidden,
            attended,
            single,
            singleHidden,
            singleAttended,
            row -> sure[query(row)]);
    return new Known(context, choice.kept(), sure, finding.error(), finding.relative(), shown);
  }

  /** The greatest difference of any column of a query, {@code [B, T]}. */
  private double[] deviations(double[] exact, double[] single) {
    Sizes sizes = numbers.sizes();
    double[] deviations = new double[sizes.batch() * sizes.length()];
    for (int row = 0; row < sizes.rows(); row++) {
      int query = query(row);
      for (int i = row * numbers.width(); i < (row + 1) * numbers.width(); i++) {
        deviations[query] = Math.max(deviations[query], Math.abs(exact[i] - single[i]));
      }
    }
    return deviations;
  }

  /** Which query of {@code [B, T]} a row of {@code [B, H, T]} belongs to. */
  private int query(int row) {
    Sizes sizes = numbers.sizes();
    return row / (sizes.heads() * sizes.length()) * sizes.length() + row % sizes.length();
  }

  /** How a product is split for tensor cores is the same in every order. */
  private boolean[] sure(double[] gaps, double[] deviations) {
    double safety = type == ElementType.F32 ? ERRORS * ANOTHER_ORDER : ERRORS;
    double usual = Arrays.stream(deviations).average().orElse(0);
    boolean[] sure = new boolean[gaps.length];
    for (int i = 0; i < gaps.length; i++) {
      sure[i] = gaps[i] > safety * (deviations[i] + usual);
    }
    return sure;
  }

  private void eachSure(boolean[] sure, IntConsumer each) {
    int size = numbers.sizes().headSize();
    for (int row = 0; row < numbers.sizes().rows(); row++) {
      if (sure[query(row)]) {
        for (int i = row * size; i < (row + 1) * size; i++) {
          each.accept(i);
        }
      }
    }
  }

  @Override
  public List<Numbers> inputs() {
    return inputs;
  }

  /** Zero for queries whose choice is not sure. */
  @Override
  public Numbers gradient() {
    boolean[] sure = known().sure;
    double[] values = new double[drawnGradient.values().length];
    eachSure(sure, i -> values[i] = drawnGradient.values()[i]);
    return new Numbers(drawnGradient.shape(), type, values);
  }

  @Override
  public List<Finding> ofContext(double[] computed) {
    Known right = known();
    double greatest = Arrays.stream(right.context).map(Math::abs).max().orElse(0);
    double stored = Stored.precision(type);
    double ofAll = 2 * right.error + 4 * Stored.precision(ElementType.F32) * greatest;
    Finding.Tally tally = new Finding.Tally("context");
    eachSure(
        right.sure,
        i -> tally.add(computed[i], right.context[i], ofAll + stored * Math.abs(right.context[i])));
    int sure = 0;
    for (boolean each : right.sure) {
      sure += each ? 1 : 0;
    }
    double unsure = 1 - (double) sure / right.sure.length;
    String remark = "%d of %d queries have a sure choice".formatted(sure, right.sure.length);
    return List.of(
        tally.finding(2 * right.relative + 4 * Stored.precision(ElementType.F32) + stored, remark),
        new Finding(
            "choice", right.sure.length, unsure / allowedUnsure(right), unsure, unsure, remark),
        finite(computed));
  }

  /** One query may be unlucky however few there are. */
  private double allowedUnsure(Known right) {
    double most = type == ElementType.F32 ? MOST_UNSURE : MOST_UNSURE_IN_16_BITS;
    return Math.max(most, 1.5 / right.sure.length);
  }

  /** Where a choice is not sure the context must be a number all the same. */
  private static Finding finite(double[] computed) {
    long broken = Arrays.stream(computed).filter(x -> !Double.isFinite(x)).count();
    return new Finding("finite numbers", computed.length, 2 * broken, broken, 0, "");
  }

  @Override
  public List<Finding> ofKept(Supplier<SparseRows> kept) {
    if (!numbers.sizes().masking().causal()) {
      return List.of(); // probes are of the past only
    }
    Known right = known();
    return right.shown.compare(kept.get(), numbers.sizes(), type, row -> right.sure[query(row)]);
  }

  @Override
  public List<Finding> ofGradients(List<double[]> computed) {
    Known right = known();
    double[] gradient = gradient().values();
    RandomGenerator random = new SplittableRandom(29);
    List<Finding> findings = new ArrayList<>();
    for (List<String> names : groups()) {
      List<double[]> directions = new ArrayList<>();
      double along = 0;
      double squares = 0;
      for (String name : names) {
        double[] ofInput = computed.get(input(name));
        double[] direction =
            random.doubles(ofInput.length).map(any -> random.nextGaussian()).toArray();
        directions.add(direction);
        for (int i = 0; i < direction.length; i++) {
          along += ofInput[i] * direction[i];
        }
        squares += squares(ofInput);
      }
      ToDoubleFunction<Double> loss =
          step -> loss(numbers.moved(step, names, directions), right.kept, gradient);
      double difference = (loss.applyAsDouble(STEP) - loss.applyAsDouble(-STEP)) / (2 * STEP);
      String name = names.size() == 1 ? names.get(0) : "all parameters";
      if (CANCELLING.contains(name)) {
        squares += squares(computed.get(input("value")));
      }
      double allowed = allowed(Math.sqrt(squares), names.size() > 1 ? 1 : 2);
      Finding.Tally tally = new Finding.Tally("gradient of " + name);
      tally.add(along, difference, allowed);
      findings.add(
          tally.finding(Double.POSITIVE_INFINITY, "%.6g for %.6g".formatted(along, difference)));
    }
    return findings;
  }

  private static double squares(double[] numbers) {
    return Arrays.stream(numbers).map(x -> x * x).sum();
  }

  /**
   * Errors of sums add up like random steps, and a random direction takes the length of all of
   * them: relative to that of the gradient, four standard deviations, 16 for what multiplies them
   * on the way. Gradients are stored rounded.
   *
   * <p>Where nearly all that arrives cancels, as for a query that sees one key, what is left errs
   * as the terms do. Tensor cores, which multiply where storage has 16 bits, err by 3·2⁻¹⁸ of them.
   */
  private double allowed(double norm, int sharesOfStorage) {
    Sizes sizes = numbers.sizes();
    double additions = sizes.length() + 3.0 * sizes.headSize() + numbers.features();
    double sums = 4 * 16 * Math.sqrt(additions) * Stored.precision(ElementType.F32);
    double rounding = 4 * sharesOfStorage * Stored.precision(type);
    double arriving = Math.sqrt(sizes.rows() * (double) sizes.headSize()); // of about one each
    double ofTerms = type == ElementType.F32 ? 1e-7 : 1e-7 + 4 * 3 * 0x1p-18;
    return norm * (sums + rounding) + ofTerms * arriving;
  }

  private double loss(SeaNumbers from, boolean[] kept, double[] gradient) {
    SeaReference exact = SeaReference.of(from, SeaArithmetic.EXACT);
    double[] context = exact.context(exact.hidden(), SeaAttended.of(exact, kept));
    double sum = 0;
    for (int i = 0; i < context.length; i++) {
      sum += context[i] * gradient[i];
    }
    return sum;
  }

  /** Tensors whose gradients are tried together: each by itself unless that takes too long. */
  private List<List<String>> groups() {
    List<List<String>> groups = new ArrayList<>();
    List.of("query", "key", "value").forEach(name -> groups.add(List.of(name)));
    if (numbers.sizes().rows() <= FEW_ROWS) {
      trained.forEach(name -> groups.add(List.of(name)));
    } else {
      groups.add(trained);
    }
    return groups;
  }

  private int input(String name) {
    return switch (name) {
      case "query" -> 0;
      case "key" -> 1;
      case "value" -> 2;
      default -> 4 + List.copyOf(numbers.parameters().keySet()).indexOf(name);
    };
  }
}
