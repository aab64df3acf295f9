package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RelativeErrors.greatest;
import static dev.saccade.plugins.sea.RelativeErrors.worstOfAll;
import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.kernel.Arithmetic;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds kernels to twice the error of the recipe, both in float32, with the recipe in float64 as
 * the truth. How far one computation errs is a matter of luck where few numbers nearly cancel: so
 * where a kernel errs more, the recipe's error is the worst of several computations, for the
 * numbers that go in and for neighbours that differ from them in the last bit.
 *
 * <p>Errors are relative to the greatest element of a tensor, and of all of them the worst: some
 * are of two numbers. Tensors that are nothing but rounding in the truth, since a norm or softmax
 * takes them away, are to be little more here.
 */
final class RecipeErrors {

  /** How often the recipe computes at most. */
  private static final int NEIGHBOURS = 5;

  /** The greatest element in float64 of what would be zero without rounding. */
  private static final double VANISHED = 1e-12;

  /** The most that rounding in float32 may make of it. */
  private static final double ROUNDING = 1e-6;

  private RecipeErrors() {}

  /**
   * @param exact tensors by name, as the others, for a neighbour; 0 for the numbers that go in
   * @param recipe the same in float32
   * @param kernels for the numbers that go in
   */
  static void assertKernelsErrLikeTheRecipe(
      IntFunction<Map<String, INDArray>> exact,
      IntFunction<Map<String, INDArray>> recipe,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    assertKernelsErrLikeTheRecipe(exact, recipe, truth -> 0, kernels);
  }

  /** As above, of one kernel. */
  static void assertKernelErrsLikeTheRecipe(
      IntFunction<Map<String, INDArray>> exact,
      IntFunction<Map<String, INDArray>> recipe,
      String kernel,
      Supplier<Map<String, INDArray>> computed) {
    assertKernelsErrLikeTheRecipe(exact, recipe, truth -> 0, Map.of(kernel, computed));
  }

  /**
   * As above, where great terms may cancel in small tensors: then the last bit of the greatest of
   * all may be left.
   */
  static void assertKernelsErrLikeTheRecipeWhereTermsCancel(
      IntFunction<Map<String, INDArray>> exact,
      IntFunction<Map<String, INDArray>> recipe,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    assertKernelsErrLikeTheRecipe(exact, recipe, RecipeErrors::lastBit, kernels);
  }

  private static double lastBit(Map<String, INDArray> truth) {
    double greatest =
        truth.values().stream().mapToDouble(RelativeErrors::greatest).max().orElseThrow();
    return Math.ulp((float) greatest);
  }

  private static void assertKernelsErrLikeTheRecipe(
      IntFunction<Map<String, INDArray>> exact,
      IntFunction<Map<String, INDArray>> recipe,
      ToDoubleFunction<Map<String, INDArray>> leftOf,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    Map<String, Supplier<Map<String, INDArray>>> byName = new LinkedHashMap<>();
    for (Arithmetic arithmetic : Arithmetic.values()) {
      byName.put(arithmetic.name(), () -> kernels.apply(arithmetic));
    }
    assertKernelsErrLikeTheRecipe(exact, recipe, leftOf, byName);
  }

  private static void assertKernelsErrLikeTheRecipe(
      IntFunction<Map<String, INDArray>> exact,
      IntFunction<Map<String, INDArray>> recipe,
      ToDoubleFunction<Map<String, INDArray>> leftOf,
      Map<String, Supplier<Map<String, INDArray>>> kernels) {
    Map<String, INDArray> truth = exact.apply(0);
    double left = leftOf.applyAsDouble(truth);
    double ofRecipe = worstOfAll(recipe.apply(0), present(truth));

    for (Map.Entry<String, Supplier<Map<String, INDArray>>> kernel : kernels.entrySet()) {
      Map<String, INDArray> computed = kernel.getValue().get();
      double ofKernel = worstOfAll(computed, present(truth));
      for (int neighbour = 1; neighbour < NEIGHBOURS && ofKernel > most(ofRecipe); neighbour++) {
        Map<String, INDArray> beside = present(exact.apply(neighbour));
        ofRecipe = Math.max(ofRecipe, worstOfAll(recipe.apply(neighbour), beside));
      }
      double most = most(ofRecipe);

      assertThat(computed.keySet()).isEqualTo(truth.keySet());
      truth.forEach(
          (name, tensor) ->
              assertClose(
                  "%s by %s".formatted(name, kernel.getKey()),
                  Objects.requireNonNull(computed.get(name)),
                  tensor,
                  greatest(tensor) > VANISHED ? most * greatest(tensor) + left : ROUNDING));
    }
  }

  private static double most(double ofRecipe) {
    return 2 * ofRecipe + Math.ulp(1f);
  }

  private static Map<String, INDArray> present(Map<String, INDArray> exact) {
    Map<String, INDArray> present = new LinkedHashMap<>(exact);
    present.values().removeIf(tensor -> greatest(tensor) <= VANISHED);
    return present;
  }
}
