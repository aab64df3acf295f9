package dev.saccade.runtime.attention;

import static dev.saccade.runtime.engine.GradientCheck.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.GraphMath;
import dev.saccade.runtime.engine.GradientCheck;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class EngineMathTest {

  private static final GraphMath MATH = new EngineMath();

  private enum Reduction {
    SUM {
      @Override
      SDVariable in(GraphMath math, SDVariable x, int axis) {
        return math.sum(x, axis);
      }

      @Override
      double of(double[] values) {
        return DoubleStream.of(values).sum();
      }
    },
    MEAN {
      @Override
      SDVariable in(GraphMath math, SDVariable x, int axis) {
        return math.mean(x, axis);
      }

      @Override
      double of(double[] values) {
        return DoubleStream.of(values).average().orElseThrow();
      }
    },
    MAX {
      @Override
      SDVariable in(GraphMath math, SDVariable x, int axis) {
        return math.max(x, axis);
      }

      @Override
      double of(double[] values) {
        return DoubleStream.of(values).max().orElseThrow();
      }
    };

    abstract SDVariable in(GraphMath math, SDVariable x, int axis);

    abstract double of(double[] values);
  }

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  static Stream<Arguments> every_axis_of_rank_3_and_4() {
    return Stream.of(Reduction.values())
        .flatMap(
            reduction ->
                Stream.of(new long[] {2, 3, 5}, new long[] {2, 3, 5, 7})
                    .flatMap(
                        shape ->
                            IntStream.range(-shape.length, shape.length)
                                .mapToObj(axis -> Arguments.of(reduction, shape, axis))));
  }

  @ParameterizedTest(name = "{0} of rank {1} over axis {2}")
  @MethodSource
  void every_axis_of_rank_3_and_4(Reduction reduction, long[] shape, int axis) {
    int positive = Math.floorMod(axis, shape.length);
    long[] reduced = shape.clone();
    reduced[positive] = 1;
    INDArray x = numbers(1, shape);

    try (GradientCheck check =
        new GradientCheck(Map.of("x", x), reduced, in -> reduction.in(MATH, in.get("x"), axis))) {
      INDArray value = check.value();

      assertThat(value.shape()).isEqualTo(reduced);
      assertThat(value.data().asDouble())
          .containsExactly(reduce(reduction, x, positive), within(1e-14));
      check.requireGradientOf("x");
    }
  }

  private static double[] reduce(Reduction reduction, INDArray x, int axis) {
    double[] all = x.dup('c').data().asDouble();
    int n = (int) x.size(axis);
    int inner = 1;
    for (int i = axis + 1; i < x.rank(); i++) {
      inner *= (int) x.size(i);
    }
    double[] reduced = new double[all.length / n];
    for (int i = 0; i < reduced.length; i++) {
      double[] line = new double[n];
      for (int j = 0; j < n; j++) {
        line[j] = all[(i / inner * n + j) * inner + i % inner];
      }
      reduced[i] = reduction.of(line);
    }
    return reduced;
  }

  @Test
  void cumulative_sums_run_along_a_negative_axis() {
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", numbers(1, 2, 3, 5)),
            new long[] {2, 3, 5},
            in -> MATH.cumulativeSum(in.get("x"), -2))) {
      INDArray expected = numbers(1, 2, 3, 5).cumsum(1);

      assertThat(check.value().equalsWithEps(expected, 1e-14)).isTrue();
      check.requireGradientOf("x");
    }
  }

  private static double[] topMask(INDArray x, INDArray count) {
    SameDiff graph = SameDiff.create();
    SDVariable input = graph.constant(x.dup());
    MATH.topMask(input, graph.constant(count)).rename("mask");
    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs outputs = runner.run(Map.of(), "mask");
        INDArray mask = outputs.copy("mask")) {
      return mask.data().asDouble();
    }
  }

  @Test
  void equal_elements_are_kept_from_the_left() {
    double[] mask =
        topMask(
            Nd4j.createFromArray(new double[][] {{3, 1, 3, 3, 2}, {0, 0, 0, 0, 0}}),
            Nd4j.createFromArray(new double[][] {{2}, {3}}));

    assertThat(mask).containsExactly(1, 0, 1, 0, 0, 1, 1, 1, 0, 0);
  }

  @Test
  void every_row_has_a_count_of_its_own() {
    double[] mask =
        topMask(
            Nd4j.createFromArray(new double[][][] {{{1, 2, 3}, {3, 2, 1}}, {{1, 3, 2}, {2, 1, 3}}}),
            Nd4j.createFromArray(new double[][][] {{{1}, {2}}, {{3}, {0}}}));

    assertThat(mask).containsExactly(0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0);
  }

  @Test
  void a_count_with_axes_of_one_serves_every_row_of_them() {
    INDArray x =
        Nd4j.createFromArray(new double[][][] {{{1, 2, 3}, {3, 2, 1}}, {{1, 3, 2}, {2, 1, 3}}});

    double[] forAll = topMask(x, Nd4j.createFromArray(new double[][][] {{{1}}}));
    double[] bySequence = topMask(x, Nd4j.createFromArray(new double[][][] {{{1}}, {{2}}}));

    assertThat(forAll).containsExactly(0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    assertThat(bySequence).containsExactly(0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1);
  }

  @Test
  void a_count_of_zero_keeps_nothing_and_one_above_the_length_keeps_all() {
    double[] mask =
        topMask(
            Nd4j.createFromArray(new double[][] {{3, 1, 2}, {3, 1, 2}}),
            Nd4j.createFromArray(new double[][] {{0}, {100}}));

    assertThat(mask).containsExactly(0, 0, 0, 1, 1, 1);
  }

  @Test
  void no_gradient_passes_through_a_selection() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", Nd4j.createFromArray(new double[][] {{3, 1, 2}}));
    SDVariable count = graph.var("count", Nd4j.createFromArray(new double[][] {{2}}));
    MATH.topMask(x, count).mul(x).sum("loss");

    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs gradients =
            runner.gradients(Map.of(), "loss", Arrays.asList("x", "count"), List.of())) {
      assertThat(gradients.get("x").dup().data().asDouble()).containsExactly(1, 0, 1);
      assertThat(gradients.get("count").dup().data().asDouble()).containsExactly(0);
    }
  }
}
