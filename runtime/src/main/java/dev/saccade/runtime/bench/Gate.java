package dev.saccade.runtime.bench;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SlotFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Whether results are right, before anybody looks at how fast they come.
 *
 * <p>The oracle is the mechanism's recipe in float64. What is timed computes in float32, and may
 * err at most {@value #FACTOR} times as much as the recipe in float32 does, plus what a few
 * roundings make; for a mechanism without kernels the two are one, and the gate only sees that it
 * is near float64 at all.
 *
 * @param error ‖result − oracle‖ / ‖oracle‖; infinite if anything is no number
 * @param tolerance the greatest that passes
 */
record Gate(double error, double tolerance) {

  /** The positions of the trial: odd, and several blocks of any kernel. */
  static final int LENGTH = 207;

  private static final double FACTOR = 2;

  /** Eight units in the last place of float32. */
  private static final double FEW_ROUNDINGS = 0x1p-20;

  /** Of a recipe against itself in more digits: cancellation may cost half of them. */
  private static final double HALF_THE_DIGITS = 0x1p-12;

  boolean isGreen() {
    return error <= tolerance;
  }

  /** Tries one direction of a mechanism. */
  static Gate of(
      AttentionMechanism mechanism,
      PluginKernels kernels,
      Map<String, String> options,
      Direction direction,
      BenchSettings settings) {
    int length = Math.min(LENGTH, settings.lengths().get(settings.lengths().size() - 1));
    AttentionSpec spec = settings.spec(length, DecodeWorkload.MORE);
    boolean hasRecipe = mechanism.options().contains(KernelChoice.OPTION);
    Map<String, String> recipe = new LinkedHashMap<>(options);
    if (hasRecipe) {
      recipe.put(KernelChoice.OPTION.name(), "recipe");
    }
    try (ParameterStore single = new ParameterStore(settings.seed());
        ParameterStore exact = new ParameterStore(settings.seed());
        AttentionSlot own = fill(single, mechanism, kernels, spec, options);
        AttentionSlot naive = fill(single, mechanism, kernels, spec, recipe);
        AttentionSlot oracle =
            fill(exact, mechanism, kernels, spec.withElementType(ElementType.F64), recipe)) {
      oracle
          .parameters()
          .forEach(
              (name, value) -> {
                try (INDArray same =
                    Objects.requireNonNull(own.parameters().get(name)).castTo(value.dataType())) {
                  value.assign(same);
                }
              });
      double[] expected = results(direction, oracle, length, settings);
      double error = error(results(direction, own, length, settings), expected);
      double tolerance =
          hasRecipe
              ? FACTOR * error(results(direction, naive, length, settings), expected)
                  + FEW_ROUNDINGS
              : HALF_THE_DIGITS;
      return new Gate(error, tolerance);
    }
  }

  private static AttentionSlot fill(
      ParameterStore parameters,
      AttentionMechanism mechanism,
      PluginKernels kernels,
      AttentionSpec spec,
      Map<String, String> options) {
    return new SlotFactory(parameters).fill("layer.0", mechanism, kernels, spec, options);
  }

  private static double[] results(
      Direction direction, AttentionSlot slot, int length, BenchSettings settings) {
    try (Workload workload = Workload.of(direction, slot, length, settings.seed())) {
      return workload.results();
    }
  }

  /** ‖actual − expected‖ / ‖expected‖; infinite for what is no number. */
  static double error(double[] actual, double[] expected) {
    if (actual.length != expected.length) {
      return Double.POSITIVE_INFINITY;
    }
    double squaredError = 0;
    double squaredSize = 0;
    for (int i = 0; i < expected.length; i++) {
      squaredError += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      squaredSize += expected[i] * expected[i];
    }
    if (squaredError == 0) {
      return 0;
    }
    double error = Math.sqrt(squaredError / squaredSize);
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }
}
