package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;

/**
 * The way back of {@link KeySums} to keys and values. Positions between ends are constants. To use
 * by one thread.
 *
 * <pre>
 *   S = Σ φ(k)uᵀ     z = Σ φ(k)     dφ(k) = dS·u + dz     du = dSᵀ·φ(k)
 * </pre>
 */
final class KeySumsGradient {

  private final BlockMath math;
  private final SeaSize size;
  private final Sight sight;
  private final KeySums keys;
  private final GradientSum ofKeys;
  private final GradientSum ofValues;
  private final float[] ofFeatures; // [positions, F]
  private final float[] vectors; // [positions, D]
  private final float[] ofMemoryAcross; // [D of positions and D of values, F]

  KeySumsGradient(SeaRun run, KernelGradientCall call, Block across) {
    this.math = run.blocks();
    this.size = run.size();
    this.sight = run.sight();
    this.keys = new KeySums(run, call, across);
    int width = size.headSize();
    float[] buffer = call.floats(KeySums.BLOCK * width);
    this.ofKeys = new GradientSum(call.inputGradients().get(SeaInputs.KEY), buffer);
    this.ofValues = new GradientSum(call.inputGradients().get(SeaInputs.VALUE), buffer);
    this.ofFeatures = call.floats(KeySums.BLOCK * size.features());
    this.vectors = call.floats(KeySums.BLOCK * width);
    this.ofMemoryAcross = call.floats(size.features() * 2 * width);
  }

  /**
   * Goes back to the keys of a span.
   *
   * @param gradient dS and dz
   * @return Σ of the gradients of all exponents: what the shift gets, but for its sign
   */
  double span(int head, KeySpans spans, int span, float shift, RoughTotals.Total gradient) {
    Block across = Block.of(ofMemoryAcross, 2 * size.headSize(), size.features());
    math.copy(gradient.memory().transposed(), across);
    double ofShift = 0;
    for (int from = spans.first(span); from < spans.end(span); from += KeySums.BLOCK) {
      int to = Math.min(from + KeySums.BLOCK, spans.end(span));
      keys.load(head, from, to, shift);
      ofShift += block(head, from, to, gradient, across);
    }
    return ofShift;
  }

  private double block(int head, int from, int to, RoughTotals.Total gradient, Block across) {
    int count = to - from;
    int width = size.headSize();
    long first = ((long) head * size.length() + from) * width;
    RoughFeatures features = keys.features();
    Block ofVectors = Block.of(vectors, count, width);
    math.product(features.block(), gradient.memory().columns(width, 2 * width), ofVectors);
    sight.clear(head / size.heads(), from, to, vectors, 0, width);
    ofValues.add(first, vectors, 0, count * width);

    int mass = gradient.mass().offset();
    for (int i = 0; i < count; i++) {
      System.arraycopy(
          gradient.mass().data(), mass, ofFeatures, i * size.features(), size.features());
    }
    Block ofPhi = Block.of(ofFeatures, count, size.features());
    math.addProduct(keys.placed(), across, ofPhi);
    float[] ofExponents = features.toExponents(ofPhi);
    features.toVectors(ofPhi, ofVectors);
    ofKeys.add(first, vectors, 0, count * width);
    return sum(ofExponents, count);
  }

  private static double sum(float[] x, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += x[i];
    }
    return sum;
  }
}
