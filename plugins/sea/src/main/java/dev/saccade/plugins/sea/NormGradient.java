package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;

/**
 * The way back through the norm of rows. To use by one thread.
 *
 * <pre>
 *   y = gain·x̂ + bias     dx̂ = gain·dy     dx = (dx̂ − mean(dx̂) − x̂·mean(x̂·dx̂)) / σ
 * </pre>
 */
final class NormGradient {

  private final BlockMath blocks;
  private final float[] means;
  private final float[] products;

  /**
   * @param rows the most rows of a block
   */
  NormGradient(KernelCall call, BlockMath blocks, int rows) {
    this.blocks = blocks;
    this.means = call.floats(rows);
    this.products = call.floats(rows);
  }

  /**
   * Turns dy into dx̂.
   *
   * @param gradient dy, replaced
   */
  void toStandard(Block gradient, SeaWeights.Norm norm) {
    float[] gain = norm.gain().data();
    for (int row = 0; row < gradient.rows(); row++) {
      int at = gradient.at(row, 0);
      for (int i = 0; i < gradient.columns(); i++) {
        gradient.data()[at + i] *= gain[i];
      }
    }
  }

  /**
   * Adds what gain and bias get.
   *
   * @param gradient dy
   * @param standard x̂
   */
  static void sum(Block gradient, Block standard, double[] ofGain, double[] ofBias) {
    for (int row = 0; row < gradient.rows(); row++) {
      int at = gradient.at(row, 0);
      int x = standard.at(row, 0);
      for (int i = 0; i < gradient.columns(); i++) {
        float ofY = gradient.data()[at + i];
        ofGain[i] += ofY * standard.data()[x + i];
        ofBias[i] += ofY;
      }
    }
  }

  /**
   * Turns dx̂ into dx.
   *
   * @param gradient dx̂, replaced
   * @param standard x̂
   * @param factors 1/σ of each row, from {@code first} on
   */
  void throughStandard(Block gradient, Block standard, float[] factors, int first) {
    int width = gradient.columns();
    Arrays.fill(means, 0, gradient.rows(), 0);
    Arrays.fill(products, 0, gradient.rows(), 0);
    blocks.rowSums(gradient, means);
    blocks.rowProducts(gradient, standard, products);
    for (int row = 0; row < gradient.rows(); row++) {
      float mean = means[row] / width;
      float along = products[row] / width;
      float factor = factors[first + row];
      int at = gradient.at(row, 0);
      int x = standard.at(row, 0);
      for (int i = 0; i < width; i++) {
        gradient.data()[at + i] =
            factor * (gradient.data()[at + i] - mean - standard.data()[x + i] * along);
      }
    }
  }
}
