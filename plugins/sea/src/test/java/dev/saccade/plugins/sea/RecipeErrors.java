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
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds kernels to twice the error of the recipe, both in float32, with the recipe in float64 as
 * the truth.
 *
 * <p>Errors are relative to the greatest element of a tensor, and of all of them the worst: some
 * are of two numbers, by which the recipe's error is a matter of luck. Tensors that are nothing but
 * rounding in the truth, since a norm or softmax takes them away, are to be little more here.
 */
final class RecipeErrors {

  /** The greatest element in float64 of what would be zero without rounding. */
  private static final double VANISHED = 1e-12;

  /** The most that rounding in float32 may make of it. */
  private static final double ROUNDING = 1e-6;

  private RecipeErrors() {}

  /**
   * @param exact by name, as the others
   */
  static void assertKernelsErrLikeTheRecipe(
      Map<String, INDArray> exact,
      Map<String, INDArray> recipe,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    assertKernelsErrLikeTheRecipe(exact, recipe, 1, 0, kernels);
  }

  /**
   * As above, where great terms may cancel in small tensors: then the last bit of the greatest of
   * all may be left.
   *
   * @param roundings how often kernels may round where the recipe does not
   */
  static void assertKernelsErrLikeTheRecipeWhereTermsCancel(
      Map<String, INDArray> exact,
      Map<String, INDArray> recipe,
      int roundings,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    double greatest =
        exact.values().stream().mapToDouble(RelativeErrors::greatest).max().orElseThrow();
    assertKernelsErrLikeTheRecipe(exact, recipe, roundings, Math.ulp((float) greatest), kernels);
  }

  private static void assertKernelsErrLikeTheRecipe(
      Map<String, INDArray> exact,
      Map<String, INDArray> recipe,
      int roundings,
      double left,
      Function<Arithmetic, Map<String, INDArray>> kernels) {
    Map<String, INDArray> present = new LinkedHashMap<>(exact);
    present.values().removeIf(tensor -> greatest(tensor) <= VANISHED);
    double most = 2 * worstOfAll(recipe, present) + roundings * Math.ulp(1f);

    for (Arithmetic arithmetic : Arithmetic.values()) {
      Map<String, INDArray> computed = kernels.apply(arithmetic);

      assertThat(computed.keySet()).isEqualTo(exact.keySet());
      exact.forEach(
          (name, tensor) ->
              assertClose(
                  "%s by %s".formatted(name, arithmetic),
                  Objects.requireNonNull(computed.get(name)),
                  tensor,
                  present.containsKey(name) ? most * greatest(tensor) + left : ROUNDING));
    }
  }
}
