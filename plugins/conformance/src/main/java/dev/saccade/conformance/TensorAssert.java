package dev.saccade.conformance;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractAssert;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Assertions on tensors whose messages name the worst element.
 *
 * <pre>{@code
 * assertThatTensor(context).hasShape(2, 3, 5, 7).isFinite().isCloseTo(expected, 1e-6);
 * // 168 of 168 elements differ by more than 1.0E-6; the worst is [1, 1, 0, 6]:
 * //   expected 0.8978378772735596 but was -99.0
 * }</pre>
 *
 * <p>Comparisons are made in Java: NaN is close to nothing, not even to NaN. ND4J's own reductions
 * skip it.
 */
public final class TensorAssert extends AbstractAssert<TensorAssert, TensorValues> {

  private TensorAssert(TensorValues actual) {
    super(actual, TensorAssert.class);
  }

  /** Begins with an array, which stays the caller's. */
  public static TensorAssert assertThatTensor(INDArray actual) {
    return new TensorAssert(TensorValues.of(actual));
  }

  /** Begins with numbers that are on the heap already. */
  public static TensorAssert assertThatTensor(TensorValues actual) {
    return new TensorAssert(actual);
  }

  /** Checks the sizes of all axes. */
  public TensorAssert hasShape(long... expected) {
    if (!Arrays.equals(actual.shape(), expected)) {
      failWithMessage(
          "the shape must be %s but is %s",
          Arrays.toString(expected), Arrays.toString(actual.shape()));
    }
    return this;
  }

  /** Checks that no element is NaN or infinite. */
  public TensorAssert isFinite() {
    return hasNone("are not finite", i -> !Double.isFinite(actual.at(i)));
  }

  /** Checks that every element is 0, or −0. */
  public TensorAssert isZero() {
    return hasNone("are not zero", i -> actual.at(i) != 0);
  }

  /** Checks that every element has the same bits; a NaN equals a NaN, 0 does not equal −0. */
  public TensorAssert hasBitsOf(TensorValues expected) {
    hasShape(expected.shape());
    int[] different =
        IntStream.range(0, actual.length())
            .filter(
                i ->
                    Double.doubleToRawLongBits(actual.at(i))
                        != Double.doubleToRawLongBits(expected.at(i)))
            .toArray();
    if (different.length > 0) {
      failWithMessage(
          "%d of %d elements have other bits; the first is %s:%n  expected %s but was %s",
          different.length,
          actual.length(),
          Arrays.toString(actual.indexOf(different[0])),
          expected.at(different[0]),
          actual.at(different[0]));
    }
    return this;
  }

  /** As {@link #hasBitsOf(TensorValues)}; the array stays the caller's. */
  public TensorAssert hasBitsOf(INDArray expected) {
    return hasBitsOf(TensorValues.of(expected));
  }

  /** Checks that no element is further off than {@code tolerance}. */
  public TensorAssert isCloseTo(TensorValues expected, double tolerance) {
    hasShape(expected.shape());
    int beyond = 0;
    int worst = -1;
    for (int i = 0; i < actual.length(); i++) {
      double error = actual.distance(expected, i);
      if (!(error <= tolerance)) {
        beyond++;
        if (worst < 0 || error > actual.distance(expected, worst)) {
          worst = i;
        }
      }
    }
    if (beyond > 0) {
      failWithMessage(
          "%d of %d elements differ by more than %s; the worst is %s:%n  expected %s but was %s",
          beyond,
          actual.length(),
          tolerance,
          Arrays.toString(actual.indexOf(worst)),
          expected.at(worst),
          actual.at(worst));
    }
    return this;
  }

  /** As {@link #isCloseTo(TensorValues, double)}; the array stays the caller's. */
  public TensorAssert isCloseTo(INDArray expected, double tolerance) {
    return isCloseTo(TensorValues.of(expected), tolerance);
  }

  /**
   * Checks that the worst error is at most {@code factor} times that of a plain computation in the
   * same precision, both against an oracle of higher precision. An error of one unit in the last
   * place of the oracle's greatest float32 is always allowed, since a plain computation may happen
   * to be exact.
   */
  public TensorAssert errsAtMost(double factor, TensorValues naive, TensorValues oracle) {
    hasShape(oracle.shape());
    double worstOfNaive = naive.distance(oracle);
    double budget = Math.max(factor * worstOfNaive, Math.ulp((float) oracle.greatest()));
    return isCloseTo(oracle, budget);
  }

  private TensorAssert hasNone(String fault, IntPredicate bad) {
    int[] found = IntStream.range(0, actual.length()).filter(bad).toArray();
    if (found.length > 0) {
      failWithMessage(
          "%d of %d elements %s; the first is %s: %s",
          found.length,
          actual.length(),
          fault,
          Arrays.toString(actual.indexOf(found[0])),
          actual.at(found[0]));
    }
    return this;
  }

  /** Checks that the numbers are not all alike, so that a comparison with them can fail. */
  public TensorAssert varies() {
    if (DoubleStream.of(actual.toArray()).distinct().count() < 2) {
      failWithMessage("all %d elements are %s", actual.length(), actual.at(0));
    }
    return this;
  }
}
