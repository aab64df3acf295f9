package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RelativeErrors.greatest;
import static dev.saccade.plugins.sea.RelativeErrors.worstOfAll;
import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.kernel.Arithmetic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds kernels to twice the error of the recipe, both in float32, with the recipe in float64 as
 * the truth. How far one computation errs is a matter of luck where few numbers nearly cancel, so
 * the recipe's error is the greater of two, for the numbers that go in and for others beside them.
 *
 * <p>Errors are relative to the greatest element of a tensor, and of all of them the worst: some
 * are of two numbers. Tensors that are nothing but rounding in the truth, since a norm or softmax
 * takes them away, are to be little more here.
 */
final class RecipeErrors {

  /** The greatest element in float64 of what would be zero without rounding. */
  private static final double VANISHED = 1e-12;

  /** The most that rounding in float32 may make of it. */
  private static final double ROUNDING = 1e-6;

  private RecipeErrors() {}

  /**
   * @param exact by name, as the others: for the numbers that go in, and for others beside them
   * @param recipe the same in float32
   * @param kernels for the numbers that go in
   */
  static void assertKernelsErrLikeTheRecipe(
      List<Map<String, INDArray>> exact,
      List<Map<String, INDArray>> recipe,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    assertKernelsErrLikeTheRecipe(exact, recipe, 0, kernels);
  }

  /**
   * As above, where great terms may cancel in small tensors: then the last bit of the greatest of
   * all may be left.
   */
  static void assertKernelsErrLikeTheRecipeWhereTermsCancel(
      List<Map<String, INDArray>> exact,
      List<Map<String, INDArray>> recipe,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    double greatest =
        exact.get(0).values().stream().mapToDouble(RelativeErrors::greatest).max().orElseThrow();
    assertKernelsErrLikeTheRecipe(exact, recipe, Math.ulp((float) greatest), kernels);
  }

  private static void assertKernelsErrLikeTheRecipe(
      List<Map<String, INDArray>> exact,
      List<Map<String, INDArray>> recipe,
      double left,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    Map<String, INDArray> truth = exact.get(0);
    Map<String, INDArray> present = present(truth);
    double ofRecipe =
        Math.max(
            worstOfAll(recipe.get(0), present), worstOfAll(recipe.get(1), present(exact.get(1))));
    double most = 2 * ofRecipe + Math.ulp(1f);

    for (Arithmetic arithmetic : Arithmetic.values()) {
      Map<String, INDArray> computed = kernels.apply(arithmetic);

      assertThat(computed.keySet()).isEqualTo(truth.keySet());
      truth.forEach(
          (name, tensor) ->
              assertClose(
                  "%s by %s".formatted(name, arithmetic),
                  Objects.requireNonNull(computed.get(name)),
                  tensor,
                  present.containsKey(name) ? most * greatest(tensor) + left : ROUNDING));
    }
  }

  private static Map<String, INDArray> present(Map<String, INDArray> exact) {
    Map<String, INDArray> present = new LinkedHashMap<>(exact);
    present.values().removeIf(tensor -> greatest(tensor) <= VANISHED);
    return present;
  }
}
