package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RelativeErrors.greatest;
import static dev.saccade.plugins.sea.RelativeErrors.worst;
import static dev.saccade.plugins.sea.RelativeErrors.worstOfAll;
import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One layer on one set of numbers, computed by this one and that.
 *
 * @param masking of a sequence without padding
 * @param seed of which no two estimates are as near at a cut that rounding could choose another
 */
record SeaTrial(
    Masking masking, long seed, int length, Padding padding, Map<String, String> options) {

  static final int B = 2;
  private static final int H = 3;
  private static final int D = 7;

  /** The greatest of a gradient in float64 that would be zero without rounding. */
  private static final double VANISHED = 1e-12;

  /** The most that rounding in float32 may make of it. */
  private static final double ROUNDING = 1e-6;

  static AttentionSpec spec(Masking masking) {
    return AttentionSpec.multiHead(H, D).withMaxPositions(601).withMasking(masking);
  }

  /**
   * Holds the kernels to twice the error of the recipe, both in float32, with the recipe in float64
   * as the truth.
   */
  void assertContextErrsLikeTheRecipe() {
    INDArray oracle = exact().context();
    INDArray recipe = of("recipe").context();
    double most = 2 * worst(recipe, oracle) + Math.ulp((float) greatest(oracle));

    for (Arithmetic arithmetic : Arithmetic.values()) {
      assertClose(arithmetic + " context", of(arithmetic).context(), oracle, most);
    }
  }

  /**
   * The same for gradients. Errors are relative to the greatest of a gradient, and of all of them
   * the worst: some are of two numbers, by which the recipe's error is a matter of luck. Gradients
   * that are nothing but rounding in the oracle, since a norm or softmax takes them away, are to be
   * little more here.
   */
  void assertGradientsErrLikeTheRecipe() {
    Map<String, INDArray> oracle = exact().gradients();
    Map<String, INDArray> vanishing = new LinkedHashMap<>(oracle);
    vanishing.values().removeIf(gradient -> greatest(gradient) > VANISHED);
    oracle.keySet().removeAll(vanishing.keySet());
    double most = 2 * worstOfAll(of("recipe").gradients(), oracle) + Math.ulp(1f);

    for (Arithmetic arithmetic : Arithmetic.values()) {
      Map<String, INDArray> gradients = of(arithmetic).gradients();

      assertThat(gradients.keySet()).hasSize(oracle.size() + vanishing.size());
      oracle.forEach((name, exact) -> assertNear(name, gradients, exact, most * greatest(exact)));
      vanishing.forEach((name, exact) -> assertNear(name, gradients, exact, ROUNDING));
    }
  }

  private static void assertNear(
      String name, Map<String, INDArray> gradients, INDArray expected, double tolerance) {
    INDArray gradient = Objects.requireNonNull(gradients.get(name), name);
    assertClose("gradient of " + name, gradient, expected, tolerance);
  }

  Computed exact() {
    return new Computed(this, ElementType.F64, "recipe");
  }

  Computed of(String kernel) {
    return new Computed(this, ElementType.F32, kernel);
  }

  Computed of(Arithmetic arithmetic) {
    return of(arithmetic.name().toLowerCase(Locale.ROOT));
  }

  KernelTrial open(Arithmetic arithmetic) {
    return open(arithmetic.name().toLowerCase(Locale.ROOT));
  }

  KernelTrial open(String kernel) {
    return open(ElementType.F32, kernel);
  }

  KernelTrial open(ElementType type, String kernel) {
    boolean causal = masking.causal();
    Masking padded = causal ? Masking.CAUSAL_PADDING : Masking.PADDING;
    AttentionSpec spec = spec(padding == Padding.NONE ? masking : padded).withElementType(type);
    Map<String, String> chosen = new LinkedHashMap<>(options);
    chosen.put("kernel", kernel);
    KernelTrial layer = new KernelTrial(spec, chosen, B, length, seed, padding.real(B, length));
    assertThat(layer.ranBy()).isEqualTo(kernel);
    return layer;
  }

  /** What one of them computes. */
  record Computed(SeaTrial trial, ElementType type, String kernel) {

    INDArray context() {
      try (KernelTrial layer = trial.open(type, kernel)) {
        return layer.context();
      }
    }

    Map<String, INDArray> gradients() {
      try (KernelTrial layer = trial.open(type, kernel)) {
        return layer.gradients();
      }
    }

    Map<String, INDArray> everything() {
      Map<String, INDArray> everything = new LinkedHashMap<>(gradients());
      everything.put(SingleLayer.CONTEXT, context());
      return everything;
    }
  }
}
