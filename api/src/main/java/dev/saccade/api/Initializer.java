package dev.saccade.api;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.osgi.annotation.versioning.ConsumerType;

/** Where a parameter begins. Pure: the same shape and random numbers give the same values. */
@ConsumerType
@FunctionalInterface
public interface Initializer {

  /**
   * Returns the first values of a parameter in row-major order.
   *
   * @param random seeded by the runtime from the run's seed and the parameter's full name
   */
  double[] values(Shape shape, RandomGenerator random);

  /** The same number everywhere. */
  static Initializer constant(double value) {
    return (shape, random) -> {
      double[] values = new double[Math.toIntExact(shape.elements())];
      Arrays.fill(values, value);
      return values;
    };
  }

  /** Gaussian around zero. */
  static Initializer normal(double standardDeviation) {
    return (shape, random) -> {
      double[] values = new double[Math.toIntExact(shape.elements())];
      Arrays.setAll(values, i -> standardDeviation * random.nextGaussian());
      return values;
    };
  }

  /** Uniform within ±{@code bound}. */
  static Initializer uniform(double bound) {
    return (shape, random) ->
        random.doubles(shape.elements(), -bound, Math.nextUp(bound)).toArray();
  }

  /**
   * Uniform within ±1/√fanIn, as PyTorch initialises linear layers and convolutions.
   *
   * @param fanIn how many inputs one output sums over
   */
  static Initializer fanIn(long fanIn) {
    return uniform(1 / Math.sqrt((double) fanIn));
  }

  /**
   * The random projection {@code [F, D]} of linear attention: Gaussian rows, made orthogonal to
   * each other D at a time.
   *
   * <p>Orthogonal directions cover the space more evenly than independent ones, so the estimate of
   * the softmax kernel varies less at the same number of features; the lengths keep it unbiased.
   * After Choromanski et al., Rethinking Attention with Performers, ICLR 2021, section 2.4.
   */
  static Initializer orthogonalFeatures() {
    return new OrthogonalFeatures();
  }
}
