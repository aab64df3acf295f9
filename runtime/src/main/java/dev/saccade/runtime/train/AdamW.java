package dev.saccade.runtime.train;

import dev.saccade.runtime.engine.kernel.DenseNumbers;
import java.util.List;

/**
 * Adam with decoupled weight decay, in float32.
 *
 * <p>With gradient g at step t, learning rate η and decay λ:
 *
 * <pre>
 *   m ← β₁·m + (1 − β₁)·g        v ← β₂·v + (1 − β₂)·g²
 *   p ← p·(1 − η·λ) − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
 * </pre>
 *
 * <p>Each element is computed by itself in a fixed sequence of float operations, which Java rounds
 * the same everywhere. So the result depends neither on threads nor on what the compiler makes of
 * the loop. Sources: Kingma and Ba, Adam, 2015; Loshchilov and Hutter, Decoupled Weight Decay
 * Regularization, 2019.
 *
 * <p>For one thread, which it helps itself with others.
 */
public final class AdamW {

  private final List<TrainedParameter> parameters;
  private final AdamWSettings settings;
  private final DenseNumbers[] memory;
  private final float[][] values;
  private final float[][] means;
  private final float[][] squares;
  private long steps;

  /** Starts with moments of zero. */
  public AdamW(List<TrainedParameter> parameters, AdamWSettings settings) {
    this.parameters = List.copyOf(parameters);
    this.settings = settings;
    this.memory =
        parameters.stream()
            .map(parameter -> DenseNumbers.of(parameter.array()))
            .toArray(DenseNumbers[]::new);
    this.values = zeros();
    this.means = zeros();
    this.squares = zeros();
  }

  private float[][] zeros() {
    return parameters.stream()
        .map(parameter -> new float[parameter.length()])
        .toArray(float[][]::new);
  }

  /** What one step does to all elements of a parameter. */
  private record Factors(
      float gradient,
      float beta1,
      float rest1,
      float beta2,
      float rest2,
      float root,
      float epsilon,
      float kept,
      float step) {}

  /**
   * Changes all parameters in place.
   *
   * @param gradients of the same parameters
   * @param factor what the sums of {@code gradients} are multiplied with: their {@link
   *     GradientSum#scale}, and less where they are clipped
   * @param rate η
   */
  public void update(GradientSum gradients, double factor, double rate) {
    steps++;
    Factors[] factors =
        parameters.stream()
            .map(parameter -> factors(parameter, factor, rate))
            .toArray(Factors[]::new);
    gradients
        .stretches()
        .forEach(
            (stretch, parameter, start, end) -> {
              memory[parameter].read(start, values[parameter], start, end - start);
              update(
                  values[parameter],
                  gradients.of(parameter),
                  means[parameter],
                  squares[parameter],
                  start,
                  end,
                  factors[parameter]);
              memory[parameter].write(start, values[parameter], start, end - start);
            });
  }

  private Factors factors(TrainedParameter parameter, double gradientFactor, double rate) {
    double own = rate * settings.rateFactor(parameter.group());
    // StrictMath, since Math may round differently before and after compilation.
    double meanSeen = 1 - StrictMath.pow(settings.beta1(), (double) steps);
    double squareSeen = 1 - StrictMath.pow(settings.beta2(), (double) steps);
    return new Factors(
        (float) gradientFactor,
        (float) settings.beta1(),
        (float) (1 - settings.beta1()),
        (float) settings.beta2(),
        (float) (1 - settings.beta2()),
        (float) Math.sqrt(squareSeen),
        (float) settings.epsilon(),
        (float) (parameter.decays() ? 1 - own * settings.weightDecay() : 1),
        (float) (own / meanSeen));
  }

  /** With one index for all arrays, the compiler makes it vectors: a quarter of the time. */
  private static void update(
      float[] values,
      float[] gradients,
      float[] means,
      float[] squares,
      int start,
      int end,
      Factors factors) {
    float factor = factors.gradient;
    float beta1 = factors.beta1;
    float rest1 = factors.rest1;
    float beta2 = factors.beta2;
    float rest2 = factors.rest2;
    float root = factors.root;
    float epsilon = factors.epsilon;
    float kept = factors.kept;
    float step = factors.step;
    for (int i = start; i < end; i++) {
      float gradient = factor * gradients[i];
      float mean = beta1 * means[i] + rest1 * gradient;
      float square = beta2 * squares[i] + rest2 * (gradient * gradient);
      means[i] = mean;
      squares[i] = square;
      values[i] = kept * values[i] - step * (mean / ((float) Math.sqrt(square) / root + epsilon));
    }
  }

  /** Returns how many steps were taken. */
  public long steps() {
    return steps;
  }

  /** Returns the running means of the gradients; its own memory, to be read and restored. */
  float[] means(int parameter) {
    return means[parameter];
  }

  /** Returns the running means of the squares; its own memory, to be read and restored. */
  float[] squares(int parameter) {
    return squares[parameter];
  }

  /** Goes on as if so many steps were taken; the moments are restored by themselves. */
  void resumeAt(long steps) {
    this.steps = steps;
  }
}
