package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/**
 * The way back from the means of the estimate's columns, which weigh the average, to its scores.
 *
 * <pre>
 *   mean_m = Σ_t r_t p_tm / T     dp_tm = r_t/T·dmean_m     dscore = p·(dp − Σ p·dp)
 * </pre>
 */
record ColumnMeansGradient(SeaRun run, AverageOfAll average) implements ScoresGradient {

  @Override
  public Block of(int sequence, int from, int to, EncodedWindow window) {
    SeaSize size = run.size();
    Block estimate = window.estimate(from, to);
    float[] data = estimate.data();
    double[] gradients = average.gradients();
    for (int vector = 0; vector < estimate.rows(); vector++) {
      int row = from + vector / size.heads();
      int ofHead = (sequence * size.heads() + vector % size.heads()) * size.width();
      int at = estimate.at(vector, 0);
      double share = (double) ColumnSums.queries(size, run.sight(), sequence, row) / size.length();
      double along = 0;
      for (int column = 0; column < size.width(); column++) {
        along += data[at + column] * gradients[ofHead + column];
      }
      for (int column = 0; column < size.width(); column++) {
        data[at + column] *= (float) (share * (gradients[ofHead + column] - along));
      }
    }
    return estimate;
  }
}
