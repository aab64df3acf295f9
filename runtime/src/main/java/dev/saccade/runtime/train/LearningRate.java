package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;

/**
 * The learning rate of every step: a straight way up to the peak, then the shape.
 *
 * @param peak the highest, above 0
 * @param shape how it goes on after the warm-up
 * @param warmup steps until the peak is reached; the first of them already has a part of it
 * @param floor what it sinks to at the end, as a fraction of the peak; nothing for {@link
 *     Shape#CONSTANT}
 */
public record LearningRate(double peak, Shape shape, int warmup, double floor) {

  /** The way from the peak, at the end of the warm-up, to the floor, at the end of training. */
  public enum Shape {
    /** Stays at the peak. */
    CONSTANT,
    /** A straight line. */
    LINEAR,
    /** Half a wave: slow at first and at the end (Loshchilov and Hutter, SGDR, 2017). */
    COSINE
  }

  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak)) {
      throw new SaccadeException("learning rate must be above 0 but is " + peak);
    }
    if (warmup < 0) {
      throw new SaccadeException("warm-up must be 0 steps or more but is " + warmup);
    }
    if (!(floor >= 0 && floor <= 1)) {
      throw new SaccadeException(
          "floor must be a fraction of the learning rate, within 0 … 1, but is " + floor);
    }
  }

  /** The same for all steps. */
  public static LearningRate constant(double rate) {
    return new LearningRate(rate, Shape.CONSTANT, 0, 1);
  }

  /** Up in {@code warmup} steps and down to a tenth in half a wave. */
  public static LearningRate cosine(double peak, int warmup) {
    return new LearningRate(peak, Shape.COSINE, warmup, 0.1);
  }

  /**
   * Returns the rate of a step.
   *
   * @param step from 0
   * @param steps of the whole training
   */
  public double at(long step, long steps) {
    if (step < warmup) {
      return peak * (step + 1) / warmup;
    }
    double way = Math.min(1, (double) (step - warmup) / Math.max(1, steps - warmup));
    return switch (shape) {
      case CONSTANT -> peak;
      case LINEAR -> peak * (1 - way * (1 - floor));
      // StrictMath: a resumed run must get the very same number.
      case COSINE -> peak * (floor + (1 - floor) * (1 + StrictMath.cos(Math.PI * way)) / 2);
    };
  }

  /** Says whether the rate of a step depends on how many there are. */
  boolean dependsOnSteps() {
    return shape != Shape.CONSTANT;
  }
}
