package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ShownProbe;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SparseMatrix;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a run on a GPU shows of itself, against the probes of the recipe. */
@OnFakeDriver
class SeaProbesTest {

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /** Nothing dropped; keys thinned out; at most k of a column. */
  private static final List<Map<String, String>> FULLY =
      List.of(
          OPTIONS,
          Map.of("width", "32", "k", "3", "oversample", "1.5", "scale", "queries"),
          Map.of("width", "12", "k", "5", "deeper", "true", "keys", "at-most-k"));

  private static final String SPARSE = SeaLayer.SPARSE_ATTENTION.name();
  private static final String ESTIMATE = Probe.ESTIMATED_ATTENTION.name();

  private static final Set<Probe> PROBES =
      Set.of(Probe.KEPT, SeaLayer.SPARSE_ATTENTION, Probe.ESTIMATED_ATTENTION);

  /** Every option a bit above a warp, one of each at all lengths, and every padding. */
  static Stream<SeaTrial> trials() {
    return Stream.of(Masking.CAUSAL, Masking.NONE)
        .flatMap(SeaTrial::all)
        .filter(
            trial ->
                trial.length() == 33
                    || trial.padding() == Padding.EVERYWHERE
                    || (trial.length() <= 207 && FULLY.contains(trial.options())));
  }

  @ParameterizedTest
  @MethodSource("trials")
  void kept_keys_are_those_of_the_recipe_and_weights_err_at_most_twice_as_much(SeaTrial trial) {
    SparseRows rows;
    double[] estimate;
    Shown recipe = recipe(trial, ElementType.F32, 0);
    try (InstalledLayer layer = install(trial, ElementType.F32, 0);
        GpuRun run = new GpuRun(layer, ElementType.F32)) {
      rows = run.kept();
      estimate = run.estimate();
    }

    assertThat(rows.columns()).containsExactly(recipe.kept().columns());
    assertThat(rows.rowPointers()).containsExactly(longs(recipe.kept().rowPointers()));
    RecipeErrors.assertKernelErrsLikeTheRecipe(
        neighbour -> recipe(trial, ElementType.F64, neighbour).tensors(),
        neighbour -> recipe(trial, ElementType.F32, neighbour).tensors(),
        "cuda",
        () -> tensors(dense(rows, trial.length()), toFloats(estimate)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 207, Padding.ANYWHERE, OPTIONS);
    SparseRows expected = kept(trial, ElementType.F32);

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    SparseRows rows = kept(trial, ElementType.F32);

    assertThat(rows.rowPointers()).containsExactly(expected.rowPointers());
    assertThat(rows.columns()).containsExactly(expected.columns());
    assertThat(rows.weights()).containsExactly(expected.weights());
  }

  /** Other numbers, other keys; but a row is a softmax whatever it keeps. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void numbers_may_be_stored_in_sixteen_bits(ElementType stored) {
    Map<String, String> ungated = Map.of("width", "32", "k", "5", "scaler", "false");
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, ungated);

    SparseRows rows = kept(trial, stored);

    for (int row = 0; row + 1 < rows.rowPointers().length; row++) {
      double sum = 0;
      for (long i = rows.rowPointers()[row]; i < rows.rowPointers()[row + 1]; i++) {
        assertThat(rows.columns()[(int) i]).isBetween(0, row % trial.length());
        sum += rows.weights()[(int) i];
      }
      boolean any = rows.rowPointers()[row] < rows.rowPointers()[row + 1];
      assertThat(sum).as("row %d", row).isCloseTo(any ? 1 : 0, within(1e-6));
    }
  }

  /** Of the query that has it, in all its weights; mask and other queries are as they were. */
  @Test
  void nan_is_shown() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    int last = 32;
    try (InstalledLayer layer = install(trial, ElementType.F32, 0)) {
      layer.input(SingleLayer.QUERY).putScalar(new long[] {0, 0, last, 3}, Float.NaN);

      SparseRows rows;
      try (GpuRun run = new GpuRun(layer, ElementType.F32)) {
        rows = run.kept();
      }

      for (int row = 0; row + 1 < rows.rowPointers().length; row++) {
        for (long i = rows.rowPointers()[row]; i < rows.rowPointers()[row + 1]; i++) {
          assertThat(Float.isNaN(rows.weights()[(int) i])).as("row %d", row).isEqualTo(row == last);
        }
      }
      assertThat(rows.rowPointers()[last + 1]).isGreaterThan(rows.rowPointers()[last]);
    }
  }

  private static SparseRows kept(SeaTrial trial, ElementType stored) {
    try (InstalledLayer layer = install(trial, ElementType.F32, 0);
        GpuRun run = new GpuRun(layer, stored)) {
      return run.kept();
    }
  }

  /** What the recipe shows. */
  private record Shown(SparseMatrix kept, Map<String, INDArray> tensors) {}

  private static Shown recipe(SeaTrial trial, ElementType type, int neighbour) {
    try (InstalledLayer layer = install(trial, type, neighbour);
        SingleLayer single =
            new SingleLayer(layer.slot(), LayerSize.self(SeaTrial.B, trial.length()), PROBES);
        GraphOutputs seen = single.run(layer.inputs())) {
      return new Shown(
          shown(single, seen, Probe.KEPT).sparse().orElseThrow(),
          tensors(
              shown(single, seen, SeaLayer.SPARSE_ATTENTION).dense(),
              shown(single, seen, Probe.ESTIMATED_ATTENTION).dense()));
    }
  }

  private static ShownProbe shown(SingleLayer layer, GraphOutputs seen, Probe probe) {
    return layer.shown(seen, probe).orElseThrow();
  }

  private static InstalledLayer install(SeaTrial trial, ElementType type, int neighbour) {
    InstalledLayer layer =
        new InstalledLayer(
            trial.spec(type),
            trial.options(),
            SeaTrial.B,
            trial.length(),
            SeaTrial.SEED,
            trial.padding().real(SeaTrial.B, trial.length()),
            List.of());
    layer.nudge(neighbour);
    return layer;
  }

  private static Map<String, INDArray> tensors(float[] sparse, float[] estimate) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put(SPARSE, Nd4j.createFromArray(sparse));
    tensors.put(ESTIMATE, Nd4j.createFromArray(estimate));
    return tensors;
  }

  private static float[] dense(SparseRows rows, int keys) {
    float[] matrix = new float[(rows.rowPointers().length - 1) * keys];
    for (int row = 0; row + 1 < rows.rowPointers().length; row++) {
      for (long i = rows.rowPointers()[row]; i < rows.rowPointers()[row + 1]; i++) {
        matrix[row * keys + rows.columns()[(int) i]] = rows.weights()[(int) i];
      }
    }
    return matrix;
  }

  private static float[] toFloats(double[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  private static long[] longs(int[] numbers) {
    return Arrays.stream(numbers).asLongStream().toArray();
  }
}
