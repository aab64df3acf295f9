package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.SparseRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
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

  /** Of a difference; numbers are of about one. So small that hardly a ReLU is stepped over. */
  private static final double STEP = 1e-7;

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
  private @Nullable SeaKnown known;

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

  private SeaKnown known() {
    if (known == null) {
      known = SeaKnown.of(numbers, type);
    }
    return known;
  }

  @Override
  public List<Numbers> inputs() {
    return inputs;
  }

  /** Zero for queries whose choice is not sure. */
  @Override
  public Numbers gradient() {
    double[] values = new double[drawnGradient.values().length];
    known().eachSure(i -> values[i] = drawnGradient.values()[i]);
    return new Numbers(drawnGradient.shape(), type, values);
  }

  @Override
  public List<Finding> ofContext(double[] computed) {
    SeaKnown right = known();
    double greatest = Arrays.stream(right.context()).map(Math::abs).max().orElse(0);
    double stored = Stored.precision(type);
    double ofAll = 2 * right.error() + 4 * Stored.precision(ElementType.F32) * greatest;
    Finding.Tally tally = new Finding.Tally("context");
    right.eachSure(
        i ->
            tally.add(
                computed[i], right.context()[i], ofAll + stored * Math.abs(right.context()[i])));
    int sure = 0;
    for (boolean each : right.sure()) {
      sure += each ? 1 : 0;
    }
    double unsure = 1 - (double) sure / right.sure().length;
    String remark = "%d of %d queries have a sure choice".formatted(sure, right.sure().length);
    return List.of(
        tally.finding(
            2 * right.relative() + 4 * Stored.precision(ElementType.F32) + stored, remark),
        new Finding(
            "choice", right.sure().length, unsure / allowedUnsure(right), unsure, unsure, remark),
        finite(computed));
  }

  /** One query may be unlucky however few there are. */
  private double allowedUnsure(SeaKnown right) {
    double most = type == ElementType.F32 ? MOST_UNSURE : MOST_UNSURE_IN_16_BITS;
    return Math.max(most, 1.5 / right.sure().length);
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
    SeaKnown right = known();
    return right.shown().compare(kept.get(), numbers.sizes(), type, right::isSure);
  }

  @Override
  public List<Finding> ofGradients(List<double[]> computed) {
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
      double[] ahead = contextAt(STEP, names, directions);
      double[] behind = contextAt(-STEP, names, directions);
      double difference = 0;
      for (int i = 0; i < gradient.length; i++) {
        difference += (ahead[i] - behind[i]) / (2 * STEP) * gradient[i];
      }
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
   *
   * <p>Without a causal mask gradients pass the ReLUs of the picture. A part ε of its numbers is
   * nearer to zero than rounding moves them, so that a kernel may let through what it should not:
   * half of what that part has of the gradient, which is √ε of its length; again four deviations.
   */
  private double allowed(double norm, int sharesOfStorage) {
    Sizes sizes = numbers.sizes();
    double additions = sizes.length() + 3.0 * sizes.headSize() + numbers.features();
    double sums = 4 * 16 * Math.sqrt(additions) * Stored.precision(ElementType.F32);
    double rounding = 4 * sharesOfStorage * Stored.precision(type);
    double turned = sizes.masking().causal() ? 0 : 4 * 0.5 * Math.sqrt(nearZero());
    double arriving = Math.sqrt(sizes.rows() * (double) sizes.headSize()); // of about one each
    double ofTerms = type == ElementType.F32 ? 1e-7 : 1e-7 + 4 * 3 * 0x1p-18;
    return norm * (sums + rounding + turned) + ofTerms * arriving;
  }

  /** The part of numbers of about one, each a sum, that rounding may give another sign. */
  private double nearZero() {
    return type == ElementType.F32 ? 0x1p-20 : 0x1p-17;
  }

  /** Of numbers moved along directions, with the choice of columns that stands. */
  private double[] contextAt(double step, List<String> names, List<double[]> directions) {
    SeaNumbers moved = numbers.moved(step, names, directions);
    SeaReference exact = SeaReference.of(moved, SeaArithmetic.EXACT);
    return exact.context(exact.hidden(), SeaAttended.of(exact, known().kept()));
  }

  /** Tensors whose gradients are tried together: each by itself unless that takes too long. */
  private List<List<String>> groups() {
    List<List<String>> groups = new ArrayList<>();
    List.of("query", "key", "value").forEach(name -> groups.add(List.of(name)));
    if (numbers.sizes().rows() <= SeaKnown.FEW_ROWS) {
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
