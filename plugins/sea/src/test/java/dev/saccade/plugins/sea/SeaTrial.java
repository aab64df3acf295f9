package dev.saccade.plugins.sea;

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
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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

  /** A norm or softmax takes it away; all that the recipe has of it is rounding. */
  private static final String WITHOUT_GRADIENT = SeaParameters.bias(SeaParameters.PAINT_JOIN);

  enum Padding {
    NONE,
    BEHIND,
    ANYWHERE
  }

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
   * the worst: some are of two numbers, by which the recipe's error is a matter of luck.
   */
  void assertGradientsErrLikeTheRecipe() {
    Map<String, INDArray> oracle = exact().gradients();
    oracle.remove(WITHOUT_GRADIENT);
    Map<String, INDArray> recipe = of("recipe").gradients();
    double most = 2 * worstOfAll(recipe, oracle) + Math.ulp(1f);

    for (Arithmetic arithmetic : Arithmetic.values()) {
      Map<String, INDArray> gradients = of(arithmetic).gradients();
      assertThat(greatest(Objects.requireNonNull(gradients.remove(WITHOUT_GRADIENT)))).isZero();

      assertThat(gradients.keySet()).isEqualTo(oracle.keySet());
      oracle.forEach(
          (name, expected) ->
              assertClose(
                  arithmetic + " gradient of " + name,
                  Objects.requireNonNull(gradients.get(name)),
                  expected,
                  most * greatest(expected)));
    }
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
    KernelTrial layer = new KernelTrial(spec, chosen, B, length, seed, real());
    assertThat(layer.ranBy()).isEqualTo(kernel);
    return layer;
  }

  /** Of the first sequence; the second has none. */
  private @Nullable INDArray real() {
    if (padding == Padding.NONE) {
      return null;
    }
    double[][] real = new double[B][length];
    for (int position = 0; position < length; position++) {
      boolean padded =
          padding == Padding.BEHIND ? position >= length - 11 : position < 7 || position % 5 == 2;
      real[0][position] = padded ? 0 : 1;
      real[1][position] = 1;
    }
    return Nd4j.createFromArray(real);
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

  private static double worst(INDArray actual, INDArray expected) {
    double[] is = TensorDifference.doubles(actual);
    double[] should = TensorDifference.doubles(expected);
    double worst = 0;
    for (int i = 0; i < is.length; i++) {
      double error = Math.abs(is[i] - should[i]);
      worst = error <= worst ? worst : error; // NaN is the worst
    }
    return worst;
  }

  private static double worstOfAll(Map<String, INDArray> actual, Map<String, INDArray> expected) {
    double worst = 0;
    for (Map.Entry<String, INDArray> entry : expected.entrySet()) {
      INDArray is = Objects.requireNonNull(actual.get(entry.getKey()));
      double greatest = greatest(entry.getValue());
      if (greatest > 0) {
        worst = Math.max(worst, worst(is, entry.getValue()) / greatest);
      }
    }
    return worst;
  }

  private static double greatest(INDArray x) {
    double greatest = 0;
    for (double number : TensorDifference.doubles(x)) {
      greatest = Math.max(greatest, Math.abs(number));
    }
    return greatest;
  }
}
