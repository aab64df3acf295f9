package dev.saccade.plugins.sea;

/**
 * How far a row of the estimate, stretched over the keys that a query sees, is from how the teacher
 * attends to them. To use by one thread.
 *
 * <p>The keys under a column share its score, so nothing is stretched: of n_c keys each has a
 * weight Q_c, and of the teacher's weights B only their sum β_c under a column matters.
 *
 * <pre>
 *   Q_c = e^{E_c} / Σ n_c·e^{E_c}      divergence = Σ B·log B − Σ β_c·log Q_c      square = Σ (Q − B)²
 *   ρ = Σ Q_c·(n_c·Q_c − β_c)
 *   dE_c = ddivergence·(n_c·Q_c − β_c) + 2·dsquare·Q_c·(n_c·Q_c − β_c − n_c·ρ)
 * </pre>
 */
final class ColumnAttention {

  private final SeaOptions options;
  private final int[] ends; // of every column, the rank of its last key; before the first, 0
  private final double[] weights; // Q
  private final double[] logarithms; // log Q
  private final double[] expected; // β
  private double square;

  ColumnAttention(SeaOptions options) {
    this.options = options;
    this.ends = new int[options.width() + 1];
    this.weights = new double[options.width()];
    this.logarithms = new double[options.width()];
    this.expected = new double[options.width()];
  }

  /**
   * Compares.
   *
   * @param scores E
   * @param seen how many keys the query sees
   * @param teacher holds B from {@code at} on
   */
  void compare(double[] scores, int seen, float[] teacher, int at) {
    SeenKeys keys = new SeenKeys(options, seen);
    for (int column = 1; column < ends.length; column++) {
      ends[column] = keys.firstRank(column) - 1;
    }
    ends[options.width()] = seen;
    weigh(scores);
    square = 0;
    for (int column = 0; column < weights.length; column++) {
      double weight = weights[column];
      double sum = 0;
      double squares = 0;
      for (int key = at + ends[column]; key < at + ends[column + 1]; key++) {
        double off = weight - teacher[key];
        sum += teacher[key];
        squares += off * off;
      }
      expected[column] = sum;
      square += squares;
    }
  }

  private void weigh(double[] scores) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (int column = 0; column < weights.length; column++) {
      if (keys(column) > 0) {
        greatest = Math.max(greatest, scores[column]);
      }
    }
    double sum = 0;
    for (int column = 0; column < weights.length; column++) {
      weights[column] = keys(column) > 0 ? Math.exp(scores[column] - greatest) : 0;
      sum += keys(column) * weights[column];
    }
    double logSum = greatest + Math.log(sum);
    for (int column = 0; column < weights.length; column++) {
      weights[column] /= sum;
      logarithms[column] = scores[column] - logSum;
    }
  }

  /** n_c. */
  private int keys(int column) {
    return ends[column + 1] - ends[column];
  }

  /** Σ B·log Q. */
  double expectedLogarithm() {
    double sum = 0;
    for (int column = 0; column < weights.length; column++) {
      sum += expected[column] * logarithms[column];
    }
    return sum;
  }

  /** Σ (Q − B)². */
  double square() {
    return square;
  }

  /**
   * Adds the gradient of the scores.
   *
   * @param ofDivergence gradient of the divergence
   * @param ofSquare gradient of the square
   * @param sum of every column, added to
   */
  void addGradient(double ofDivergence, double ofSquare, double[] sum) {
    double along = 0; // ρ
    for (int column = 0; column < weights.length; column++) {
      along += weights[column] * surplus(column);
    }
    for (int column = 0; column < weights.length; column++) {
      double throughSquare = weights[column] * (surplus(column) - keys(column) * along);
      sum[column] += ofDivergence * surplus(column) + 2 * ofSquare * throughSquare;
    }
  }

  /** What the keys under a column have more than the teacher gives them. */
  private double surplus(int column) {
    return keys(column) * weights[column] - expected[column];
  }
}
