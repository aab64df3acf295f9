package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Tensor;
import java.util.List;

/**
 * One number for each term of the {@link Distillation} that compares matrices: its value, or its
 * gradient.
 */
record TermValues(double klEstimate, double mseEstimate, double klScores, double mseScores) {

  static final TermValues ZERO = new TermValues(0, 0, 0, 0);

  /** In the order of {@link #write}. */
  static TermValues read(List<Tensor> scalars) {
    return new TermValues(
        number(scalars.get(0)),
        number(scalars.get(1)),
        number(scalars.get(2)),
        number(scalars.get(3)));
  }

  private static double number(Tensor scalar) {
    double[] number = new double[1];
    scalar.read(0, number, 0, 1);
    return number[0];
  }

  void write(List<Tensor> scalars) {
    double[] numbers = {klEstimate, mseEstimate, klScores, mseScores};
    for (int i = 0; i < numbers.length; i++) {
      scalars.get(i).write(0, numbers, i, 1);
    }
  }

  TermValues plus(TermValues other) {
    return new TermValues(
        klEstimate + other.klEstimate,
        mseEstimate + other.mseEstimate,
        klScores + other.klScores,
        mseScores + other.mseScores);
  }

  /** Without the divergences, which a query that is left out has no part in. */
  TermValues squares() {
    return new TermValues(0, mseEstimate, 0, mseScores);
  }

  /**
   * From sums to means: a divergence is divided by what {@link Sight} says, a square by the number
   * of queries and keys, padded ones included.
   */
  TermValues means(SeaRun run) {
    SeaSize size = run.size();
    double divergences = run.sight().divergences(size);
    double all = (double) size.batch() * size.heads() * size.length() * size.length();
    return new TermValues(
        klEstimate / divergences, mseEstimate / all, klScores / divergences, mseScores / all);
  }
}
