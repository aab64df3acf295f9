package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.LayerTrial.gaussian;
import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static dev.saccade.plugins.baselines.TensorDifference.greatest;
import static dev.saccade.plugins.baselines.TensorDifference.typical;
import static dev.saccade.plugins.baselines.TensorDifference.worst;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Every kernel against its mechanism's recipe, in value and gradient. */
class FusedKernelTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 61;
  private static final List<String> KERNELS = List.of("plain", "simd");

  private static final double TWICE = 2;

  /** Of one query a head there are six errors only, and no mean to speak of. */
  private static final double OF_ONE_ROW = 8;

  /** One less than tiles and chunks have, as many, one more; and several of them. */
  private static final List<Integer> LENGTHS = List.of(1, 31, 32, 33, 207, 513);

  /** One layer of one size. */
  record Trial(
      AttentionMechanism mechanism,
      Map<String, String> options,
      AttentionSpec spec,
      LayerSize size) {

    Trial(Candidate candidate, Masking masking, int queries, int keys) {
      this(
          candidate.mechanism(),
          candidate.options(),
          AttentionSpec.multiHead(H, D)
              .withMaxPositions(1024)
              .withSource(queries == keys ? Source.SELF : Source.CROSS)
              .withMasking(masking),
          new LayerSize(B, queries, keys));
    }

    /** The context and all gradients. */
    Map<String, INDArray> run(String kernel, ElementType type, Inputs inputs) {
      Map<String, String> all = new LinkedHashMap<>(options);
      all.put("kernel", kernel);
      try (LayerTrial layer = new LayerTrial(mechanism, spec.withElementType(type), all, size)) {
        Map<String, INDArray> computed = new LinkedHashMap<>();
        computed.put("context", layer.context(inputs));
        INDArray weighing = gaussian(new SplittableRandom(5), inputs.query().shape());
        computed.putAll(layer.gradients(inputs, weighing));
        return computed;
      }
    }

    /** In numbers that float32 holds, so that every precision computes from the same. */
    Inputs inputs() {
      return Inputs.random(spec, size, 8, real()).rounded();
    }

    /** Sequence 0 has its first, its last and every third key hidden; sequence 1 has none left. */
    private @Nullable INDArray real() {
      if (!spec.masking().padded()) {
        return null;
      }
      int keys = Math.toIntExact(size.keys());
      double[][] real = new double[B][keys];
      for (int s = 1; s < keys - 1; s++) {
        real[0][s] = s % 3 == 0 ? 0 : 1;
      }
      return Nd4j.createFromArray(real);
    }

    @Override
    public String toString() {
      return "%s%s %s %dx%d"
          .formatted(mechanism.name(), options, spec.masking(), size.queries(), size.keys());
    }
  }

  private static final List<Integer> FEW_LENGTHS = List.of(33, 207);

  /**
   * Every mechanism that has kernels, with every option that they know. The first of each mechanism
   * is tried with all lengths.
   */
  private static Stream<Candidate> candidates() {
    return Stream.of(
        new Candidate(new FlashAttention(), Map.of()),
        new Candidate(new SlidingWindowAttention(), Map.of("window", "70", "globals", "2")),
        new Candidate(new SlidingWindowAttention(), Map.of("window", "5")),
        new Candidate(new SlidingWindowAttention(), Map.of("window", "31", "globals", "67")),
        new Candidate(new LinearAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of("features", "relu")),
        new Candidate(
            new PerformerAttention(), Map.of("peeking-shift", "true", "padded-keys", "counted")),
        new Candidate(new CosFormerAttention(), Map.of()),
        new Candidate(
            new CosFormerAttention(), Map.of("horizon", "model", "padded-keys", "counted")));
  }

  static Stream<Trial> trials() {
    List<Trial> trials = new ArrayList<>();
    Set<String> mechanisms = new HashSet<>();
    candidates()
        .forEach(
            candidate -> {
              boolean first = mechanisms.add(candidate.mechanism().name());
              for (Masking masking : Masking.values()) {
                for (int length : first ? LENGTHS : FEW_LENGTHS) {
                  trials.add(new Trial(candidate, masking, length, length));
                }
                if (candidate.mechanism().capabilities().has(Feature.UNEQUAL_LENGTHS)
                    && !masking.causal()) {
                  trials.add(new Trial(candidate, masking, 33, 207));
                  trials.add(new Trial(candidate, masking, 207, 1));
                }
              }
            });
    return trials.stream();
  }

  static Stream<Trial> ofSeveralTasks() {
    return candidates()
        .flatMap(
            candidate ->
                Stream.of(Masking.NONE, Masking.CAUSAL_PADDING)
                    .map(masking -> new Trial(candidate, masking, 513, 513)));
  }

  @ParameterizedTest
  @MethodSource("trials")
  void errs_at_most_twice_as_much_as_the_recipe(Trial trial) {
    Inputs inputs = trial.inputs();

    Map<String, INDArray> recipe = trial.run("recipe", ElementType.F32, inputs);
    Map<String, INDArray> oracle = trial.run("recipe", ElementType.F64, inputs);

    for (String kernel : KERNELS) {
      Map<String, INDArray> fused = trial.run(kernel, ElementType.F32, inputs);
      assertThat(fused.keySet()).isEqualTo(oracle.keySet()).contains("context", "key", "value");
      oracle.forEach(
          (name, expected) ->
              assertErrsLittle(
                  trial.size().queries() == 1 ? OF_ONE_ROW : TWICE,
                  name + " by " + kernel,
                  Objects.requireNonNull(fused.get(name)),
                  Objects.requireNonNull(recipe.get(name)),
                  expected));
    }
  }

  /**
   * The typical error, as the mean square has it, is at most twice that of the recipe. The worst of
   * some thousand errors is a matter of luck in both: where great terms cancel, as in the gradient
   * of a query that sees two keys, it is some units in the last place of the greatest number.
   */
  private static void assertErrsLittle(
      double times, String name, INDArray fused, INDArray recipe, INDArray oracle) {
    double rounding = Math.ulp((float) greatest(oracle));
    double typical = typical(name, fused, oracle);
    double allowed = times * typical(name, recipe, oracle) + rounding / 4;
    assertThat(typical <= allowed) // false for NaN
        .as("%s differs by %s in the mean, allowed are %s", name, typical, allowed)
        .isTrue();
    assertClose(name, fused, oracle, times * worst(name, recipe, oracle) + 16 * rounding);
  }

  @ParameterizedTest
  @MethodSource("ofSeveralTasks")
  void one_thread_gives_the_same_bits_as_many(Trial trial) throws Exception {
    Inputs inputs = trial.inputs();
    for (String kernel : KERNELS) {
      Map<String, INDArray> byMany = trial.run(kernel, ElementType.F32, inputs);

      // A parallel stream stays in the pool that it is started from.
      ForkJoinPool one = new ForkJoinPool(1);
      try {
        assertSameBits(one.submit(() -> trial.run(kernel, ElementType.F32, inputs)).get(), byMany);
      } finally {
        one.shutdown();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ofSeveralTasks")
  void eight_layers_at_once_give_the_same_bits_as_one(Trial trial) throws Exception {
    Inputs inputs = trial.inputs();
    Callable<Map<String, INDArray>> run = () -> trial.run("simd", ElementType.F32, inputs);
    Map<String, INDArray> alone = run.call();

    ExecutorService eight = Executors.newFixedThreadPool(8);
    try {
      for (Future<Map<String, INDArray>> each : eight.invokeAll(Collections.nCopies(8, run))) {
        assertSameBits(each.get(), alone);
      }
    } finally {
      eight.shutdown();
    }
  }

  private static void assertSameBits(Map<String, INDArray> is, Map<String, INDArray> should) {
    should.forEach(
        (name, expected) ->
            assertThat(
                    Arrays.equals(
                        TensorDifference.doubles(Objects.requireNonNull(is.get(name))),
                        TensorDifference.doubles(expected)))
                .as(name)
                .isTrue());
  }
}
