package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/**
 * The way back through the norm of rows.
 *
 * <pre>
 *   y = gain·x̂ + bias     dx̂ = gain·dy     dx = (dx̂ − mean(dx̂) − x̂·mean(x̂·dx̂)) / σ
 * </pre>
 *
 * <p>In double precision: of a row of few numbers almost nothing is left of dx̂.
 *
 * @param gain of the norm
 * @param ofGain the gradient of the gain, added to
 * @param ofBias the gradient of the bias, added to
 */
@SuppressWarnings("ArrayRecordComponent") // sums to add to, not values
record NormGradient(float[] gain, double[] ofGain, double[] ofBias) {

  /**
   * Turns the gradient of one row of y into that of x.
   *
   * @param gradient replaced
   * @param counts whether it counts in the gradients of gain and bias
   */
  void throughRow(Block x, int row, Block gradient, int rowOfGradient, boolean counts) {
    int width = x.columns();
    int from = x.at(row, 0);
    int to = gradient.at(rowOfGradient, 0);
    float[] numbers = x.data();
    float[] gradients = gradient.data();
    double mean = 0;
    for (int i = 0; i < width; i++) {
      mean += numbers[from + i];
    }
    mean /= width;
    double variance = 0;
    for (int i = 0; i < width; i++) {
      double off = numbers[from + i] - mean;
      variance += off * off;
    }
    double factor = 1 / Math.sqrt(variance / width + Estimate.NORM_EPSILON);
    double sum = 0;
    double along = 0;
    for (int i = 0; i < width; i++) {
      double standard = (numbers[from + i] - mean) * factor;
      double ofStandard = (double) gradients[to + i] * gain[i];
      sum += ofStandard;
      along += ofStandard * standard;
    }
    for (int i = 0; i < width; i++) {
      double standard = (numbers[from + i] - mean) * factor;
      double ofY = gradients[to + i];
      if (counts) {
        ofGain[i] += ofY * standard;
        ofBias[i] += ofY;
      }
      gradients[to + i] =
          (float) (factor * (ofY * gain[i] - sum / width - standard * (along / width)));
    }
  }
}
