package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.SparseRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Exact attention against {@link PlainAttention}, number by number. */
final class ExactTrial implements Trial {

  private static final List<String> NAMES = List.of("query", "key", "value");

  private final Sizes sizes;
  private final ElementType type;
  private final List<Numbers> inputs;
  private final Numbers gradient;
  private double @Nullable [] context;
  private double @Nullable [] ofWeights; // Σ weights·|value|, [B, H, T, D]
  private double @Nullable [][] gradients;

  ExactTrial(Sizes sizes, ElementType type, List<Numbers> inputs, Numbers gradient) {
    this.sizes = sizes;
    this.type = type;
    this.inputs = inputs;
    this.gradient = gradient;
  }

  @Override
  public List<Numbers> inputs() {
    return inputs;
  }

  @Override
  public Numbers gradient() {
    return gradient;
  }

  private PlainAttention plain(double[] value) {
    return new PlainAttention(
        sizes, inputs.get(0).values(), inputs.get(1).values(), value, sizes.real());
  }

  @Override
  public List<Finding> ofContext(double[] computed) {
    if (context == null || ofWeights == null) {
      double[] value = inputs.get(2).values();
      context = plain(value).context();
      ofWeights =
          type == ElementType.F32
              ? new double[context.length]
              : plain(Arrays.stream(value).map(Math::abs).toArray()).context();
    }
    return List.of(compare("context", computed, context, ofWeights, 0));
  }

  /** All keys are. */
  @Override
  public List<Finding> ofKept(Supplier<SparseRows> kept) {
    return List.of();
  }

  @Override
  public List<Finding> ofGradients(List<double[]> computed) {
    if (gradients == null) {
      gradients = plain(inputs.get(2).values()).gradients(gradient.values());
    }
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < NAMES.size(); i++) {
      int summed = i == 0 ? sizes.length() : sizes.heads() / sizes.kvHeads() * sizes.length();
      double[] right = gradients[i];
      String name = "gradient of " + NAMES.get(i);
      findings.add(compare(name, computed.get(i), right, new double[right.length], summed));
    }
    return findings;
  }

  /**
   * Every sum of a result rounds once an addition: D of them for a logit, whose error enters twice,
   * T for a context, and on the way back as many queries again. The context enters the way back as
   * it was stored. Results are stored rounded, and so, where they have 16 bits, are weights before
   * tensor cores multiply them with values. Of all numbers together the errors add up like random
   * steps.
   *
   * @param roundedOnce what is rounded as numbers are stored, besides the results
   * @param summed queries that are summed over; 0 on the way forward
   */
  private Finding compare(
      String name, double[] computed, double[] expected, double[] roundedOnce, int summed) {
    double greatest = Math.max(1, Arrays.stream(expected).map(Math::abs).max().orElse(0));
    double additions = 2.0 * sizes.headSize() + sizes.length() + summed;
    double stored = Stored.precision(type);
    double sums = 4 * additions * Stored.precision(ElementType.F32);
    double ofAll = greatest * (sums + (summed > 0 ? 4 * stored : 0));
    Finding.Tally tally = new Finding.Tally(name);
    for (int i = 0; i < expected.length; i++) {
      tally.add(
          computed[i], expected[i], ofAll + stored * (Math.abs(expected[i]) + roundedOnce[i]));
    }
    double steps = 8 * Math.sqrt(additions) * Stored.precision(ElementType.F32);
    return tally.finding(steps + (summed > 0 ? 4 : 2) * stored, "");
  }
}
