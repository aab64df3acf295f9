package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.List;

/**
 * The way back of {@link EncodedBlock} from what is read of the encoder to what it saw, and what
 * its parameters get on the way. To use by one thread.
 *
 * <pre>
 *   h = W·seen + b     ĥ = h, standardised     y = gain·ĥ + bias     encoded = y·Φ(y)
 *   dy = dencoded·(Φ(y) + y·φ(y))     dĥ = gain·dy     dh = (dĥ − mean(dĥ) − ĥ·mean(ĥ·dĥ)) / σ
 * </pre>
 */
final class EncoderGradient {

  private static final float ROOT_HALF = (float) Math.sqrt(0.5);
  private static final float PEAK = (float) (1 / Math.sqrt(2 * Math.PI));

  private final BlockMath blocks;
  private final SeaMath math;
  private final SeaSize size;
  private final SeaWeights weights;
  private final int together; // heads of a vector
  private final float[] standard; // ĥ, [rows·H, 2D], as the next four
  private final float[] gradient; // of encoded, then of y, then of h
  private final float[] normal; // φ(y)
  private final float[] distribution; // Φ(y)
  private final float[] encoded;
  private final float[] ofSeen; // [rows·H, 3D]
  private final float[] factors; // 1/σ of each vector
  private final float[] means;
  private final float[] products;

  EncoderGradient(SeaRun run, KernelCall call, SeaMath math) {
    this.blocks = run.blocks();
    this.math = math;
    this.size = run.size();
    this.weights = run.weights();
    this.together = size.options().jointEncoder() ? size.heads() : 1;
    int rows = size.blockRows() * size.heads();
    int numbers = rows * 2 * size.headSize();
    this.standard = call.floats(numbers);
    this.gradient = call.floats(numbers);
    this.normal = call.floats(numbers);
    this.distribution = call.floats(numbers);
    this.encoded = call.floats(numbers);
    this.ofSeen = call.floats(rows * 3 * size.headSize());
    this.factors = call.floats(rows);
    this.means = call.floats(rows);
    this.products = call.floats(rows);
  }

  /**
   * Goes back.
   *
   * @param seen {@code [rows·H, 3D]}
   * @param readers what is read of the encoder
   * @param sums of the parameters' gradients, added to
   * @return the gradient of {@code seen}, of the same shape, until the next call
   */
  Block back(OwnRows rows, Block seen, List<EncodedGradient> readers, EncoderSums sums) {
    int heads = rows.count() * size.heads();
    int vectors = heads / together;
    int width = 2 * size.headSize() * together;
    Block saw = Block.of(seen.data(), vectors, width / 2 * 3);
    Block hidden = Block.of(standard, vectors, width);
    weights.encoder().apply(math, saw, hidden);
    math.standardise(hidden, factors);
    open(vectors, width);
    Block ofEncoded = Block.of(gradient, heads, 2 * size.headSize());
    Arrays.fill(gradient, 0, heads * ofEncoded.columns(), 0);
    for (EncodedGradient reader : readers) {
      reader.addTo(rows, Block.of(encoded, heads, ofEncoded.columns()), ofEncoded, sums);
    }
    throughGelu(vectors, width, sums);
    throughNorm(Block.of(gradient, vectors, width), hidden);
    Block ofHidden = Block.of(gradient, vectors, width);
    blocks.addProduct(ofHidden.transposed(), saw, sums.weight());
    for (int vector = 0; vector < vectors; vector++) {
      add(gradient, vector * width, sums.bias());
    }
    Block result = Block.of(ofSeen, vectors, width / 2 * 3);
    blocks.product(ofHidden, weights.encoder().weight(), result);
    return Block.of(ofSeen, heads, 3 * size.headSize());
  }

  /** Φ(y), φ(y) and what the encoder said. */
  private void open(int vectors, int width) {
    float[] gain = weights.encoderNorm().gain().data();
    float[] bias = weights.encoderNorm().bias().data();
    for (int at = 0; at < vectors * width; at += width) {
      for (int i = 0; i < width; i++) {
        float y = standard[at + i] * gain[i] + bias[i];
        encoded[at + i] = y;
        distribution[at + i] = y * ROOT_HALF;
        normal[at + i] = -0.5f * y * y;
      }
    }
    blocks.erf(Block.of(distribution, vectors, width));
    blocks.exp(Block.of(normal, vectors, width));
    for (int i = 0; i < vectors * width; i++) {
      distribution[i] = 0.5f + 0.5f * distribution[i];
      normal[i] *= PEAK;
      encoded[i] *= distribution[i];
    }
  }

  private void throughGelu(int vectors, int width, EncoderSums sums) {
    float[] gain = weights.encoderNorm().gain().data();
    float[] bias = weights.encoderNorm().bias().data();
    double[] ofGain = sums.gain();
    double[] ofBias = sums.normBias();
    for (int at = 0; at < vectors * width; at += width) {
      for (int i = 0; i < width; i++) {
        float standardised = standard[at + i];
        float y = standardised * gain[i] + bias[i];
        float ofY = gradient[at + i] * (distribution[at + i] + y * normal[at + i]);
        ofGain[i] += ofY * standardised;
        ofBias[i] += ofY;
        gradient[at + i] = ofY * gain[i];
      }
    }
  }

  private void throughNorm(Block ofStandard, Block standardised) {
    int width = ofStandard.columns();
    Arrays.fill(means, 0, ofStandard.rows(), 0);
    Arrays.fill(products, 0, ofStandard.rows(), 0);
    blocks.rowSums(ofStandard, means);
    blocks.rowProducts(ofStandard, standardised, products);
    for (int vector = 0; vector < ofStandard.rows(); vector++) {
      float mean = means[vector] / width;
      float along = products[vector] / width;
      int at = vector * width;
      for (int i = 0; i < width; i++) {
        gradient[at + i] = factors[vector] * (gradient[at + i] - mean - standard[at + i] * along);
      }
    }
  }

  private static void add(float[] x, int from, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += x[from + i];
    }
  }
}
