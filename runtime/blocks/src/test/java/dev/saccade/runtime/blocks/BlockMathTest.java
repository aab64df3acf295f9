package dev.saccade.runtime.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every arithmetic gives the same results, at sizes around those of vectors and tiles. */
class BlockMathTest {

  /** Half a unit in the last place of one. */
  private static final double ROUNDING = 0x1p-24;

  private static float[] gaussian(int seed, int length) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Rows with a gap after each, which nothing may touch. */
  private static Block gapped(int seed, int rows, int columns) {
    return new Block(gaussian(seed, rows * (columns + 3) + 5), 5, rows, columns, columns + 3, 1);
  }

  private static double at(Block block, int row, int column) {
    return block.data()[block.at(row, column)];
  }

  static Stream<Arguments> sizes() {
    int[][] sizes = {
      {1, 1, 1},
      {1, 17, 5},
      {3, 31, 7},
      {4, 16, 1},
      {5, 33, 2},
      {8, 32, 64},
      {9, 64, 33},
      {13, 47, 11},
      {31, 31, 31},
      {64, 128, 64},
      {2, 0, 3},
      {0, 4, 3},
      {7, 19, 0}
    };
    return Stream.of(Arithmetic.values())
        .flatMap(
            arithmetic ->
                Stream.of(sizes).map(size -> Arguments.of(arithmetic, size[0], size[1], size[2])));
  }

  @ParameterizedTest(name = "{0}: [{1}, {3}]·[{3}, {2}]")
  @MethodSource("sizes")
  void products_are_right_and_leave_the_rest_alone(
      Arithmetic arithmetic, int rows, int columns, int inner) {
    BlockMath math = BlockArithmetic.of(arithmetic);
    Block a = gapped(1, rows, inner);
    Block b = gapped(2, inner, columns);
    Block sum = gapped(3, rows, columns);
    float[] before = sum.data().clone();

    math.addProduct(a, b, sum);

    boolean[] written = new boolean[before.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        double expected = before[sum.at(r, c)];
        double size = Math.abs(expected);
        for (int p = 0; p < inner; p++) {
          expected += at(a, r, p) * at(b, p, c);
          size += Math.abs(at(a, r, p) * at(b, p, c));
        }
        assertThat(at(sum, r, c)).isCloseTo(expected, within((inner + 1) * ROUNDING * size));
        written[sum.at(r, c)] = true;
      }
    }
    assertThat(IntStream.range(0, before.length).filter(i -> !written[i]))
        .allMatch(i -> sum.data()[i] == before[i]);
  }

  @ParameterizedTest
  @EnumSource
  void a_transposed_factor_costs_no_copy(Arithmetic arithmetic) {
    BlockMath math = BlockArithmetic.of(arithmetic);
    Block a = gapped(1, 13, 21);
    Block copy = Block.of(21, 13);
    math.copy(a.transposed(), copy);
    Block b = gapped(2, 13, 37);
    Block direct = Block.of(21, 37);
    Block copied = Block.of(21, 37);
    Arrays.fill(direct.data(), Float.NaN);

    math.product(a.transposed(), b, direct);
    math.product(copy, b, copied);

    assertThat(direct.data()).containsExactly(copied.data());
    assertThat(at(copy, 20, 12)).isEqualTo(at(a, 12, 20));
  }

  private static void requireFunction(
      Block actual, float[] x, DoubleUnaryOperator expected, double units) {
    for (int i = 0; i < x.length; i++) {
      double exact = expected.applyAsDouble(x[i]);
      assertThat((double) actual.data()[i])
          .as("of %s", x[i])
          .isCloseTo(exact, within(units * Math.ulp((float) Math.abs(exact))));
    }
  }

  @ParameterizedTest
  @EnumSource
  void exponentials_are_right_to_two_units(Arithmetic arithmetic) {
    float[] x = new float[40_001];
    for (int i = 0; i < x.length; i++) {
      x[i] = -87 + i * 175f / x.length;
    }
    Block block = Block.of(x.clone(), 1, x.length);

    BlockArithmetic.of(arithmetic).exp(block);

    requireFunction(block, x, Math::exp, 2);
  }

  @ParameterizedTest
  @EnumSource
  void exponentials_of_what_is_no_number_or_beyond_are_told(Arithmetic arithmetic) {
    float[] x = {
      Float.NEGATIVE_INFINITY, -200, 0, 89, Float.POSITIVE_INFINITY, Float.NaN, -0f, 1e30f, -1e30f
    };
    Block block = Block.of(x.clone(), 1, x.length);

    BlockArithmetic.of(arithmetic).exp(block);

    float infinite = Float.POSITIVE_INFINITY;
    assertThat(block.data())
        .containsExactly(0, 0, 1, infinite, infinite, Float.NaN, 1, infinite, 0);
  }

  @ParameterizedTest
  @EnumSource
  void the_error_function_is_right(Arithmetic arithmetic) {
    float[] x = new float[20_001];
    for (int i = 0; i < x.length; i++) {
      x[i] = -10 + i * 20f / x.length;
    }
    Block block = Block.of(x.clone(), 1, x.length);

    BlockArithmetic.of(arithmetic).erf(block);

    requireFunction(block, x, BlockMathTest::erf, 8);
    assertThat(block.data()[0]).isEqualTo(-1f);
  }

  @ParameterizedTest
  @EnumSource
  void gelu_is_right(Arithmetic arithmetic) {
    float[] x = new float[20_001];
    for (int i = 0; i < x.length; i++) {
      x[i] = -10 + i * 20f / x.length;
    }
    Block block = Block.of(x.clone(), 1, x.length);

    BlockArithmetic.of(arithmetic).gelu(block);

    for (int i = 0; i < x.length; i++) {
      double expected = x[i] / 2 * (1 + erf(x[i] * Math.sqrt(0.5)));
      assertThat((double) block.data()[i])
          .as("gelu(%s)", x[i])
          .isCloseTo(expected, within(Math.abs(x[i]) / 2 * 9.0 * Math.ulp(0.5f))); // erf's 8, and 1
    }
  }

  @ParameterizedTest
  @MethodSource("normalised")
  void rows_are_normalised(Arithmetic arithmetic, int columns, double mean, double spread) {
    Random random = new Random(columns);
    Block x = Block.of(3, columns);
    Block gain = Block.of(1, columns);
    Block bias = Block.of(1, columns);
    for (int i = 0; i < x.data().length; i++) {
      x.data()[i] = (float) (mean + spread * random.nextGaussian());
    }
    for (int i = 0; i < gain.data().length; i++) {
      gain.data()[i] = random.nextFloat();
    }
    for (int i = 0; i < bias.data().length; i++) {
      bias.data()[i] = random.nextFloat();
    }
    float[] before = x.data().clone();

    BlockArithmetic.of(arithmetic).normalise(x, gain, bias, 1e-5);

    for (int row = 0; row < 3; row++) {
      double[] expected =
          standardised(Arrays.copyOfRange(before, row * columns, (row + 1) * columns));
      for (int i = 0; i < columns; i++) {
        assertThat((double) x.data()[row * columns + i])
            .isCloseTo(expected[i] * gain.data()[i] + bias.data()[i], within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("normalised")
  void rows_are_standardised(Arithmetic arithmetic, int columns, double mean, double spread) {
    Random random = new Random(columns);
    Block x = Block.of(2, columns);
    for (int i = 0; i < x.data().length; i++) {
      x.data()[i] = (float) (mean + spread * random.nextGaussian());
    }
    float[] before = x.data().clone();
    float[] rates = new float[2];

    BlockArithmetic.of(arithmetic).standardise(x, 1e-5, rates);

    for (int row = 0; row < 2; row++) {
      float[] numbers = Arrays.copyOfRange(before, row * columns, (row + 1) * columns);
      double[] expected = standardised(numbers);
      for (int i = 0; i < columns; i++) {
        assertThat((double) x.data()[row * columns + i]).isCloseTo(expected[i], within(1e-5));
        double deviation = numbers[i] - mean(numbers);
        assertThat(deviation * rates[row]).isCloseTo(expected[i], within(1e-5));
      }
    }
  }

  private static double mean(float[] x) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i]).average().orElseThrow();
  }

  static Stream<Arguments> normalised() {
    return Stream.of(Arithmetic.values())
        .flatMap(
            arithmetic ->
                Stream.of(
                    Arguments.of(arithmetic, 1, 3.0, 1.0),
                    Arguments.of(arithmetic, 31, -2.0, 5.0),
                    Arguments.of(arithmetic, 64, 0.0, 1e-3),
                    Arguments.of(arithmetic, 207, 100.0, 1.0),
                    Arguments.of(arithmetic, 128, 1e6, 0.0)));
  }

  private static double[] standardised(float[] x) {
    double mean = mean(x);
    double variance =
        IntStream.range(0, x.length)
            .mapToDouble(i -> Math.pow(x[i] - mean, 2))
            .average()
            .orElseThrow();
    return IntStream.range(0, x.length)
        .mapToDouble(i -> (x[i] - mean) / Math.sqrt(variance + 1e-5))
        .toArray();
  }

  /** By the series exp(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n + 1)!!, in which nothing cancels. */
  private static double erf(double x) {
    if (Math.abs(x) >= 6) {
      return Math.signum(x);
    }
    double term = x;
    double sum = 0;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  @ParameterizedTest
  @EnumSource
  void rows_are_reduced_and_scaled(Arithmetic arithmetic) {
    BlockMath math = BlockArithmetic.of(arithmetic);
    for (int columns : new int[] {1, 15, 16, 17, 31, 33, 70}) {
      Block x = gapped(1, 5, columns);
      Block y = gapped(2, 5, columns);
      Block shifted = gapped(1, 5, columns);
      Block scaled = gapped(1, 5, columns);
      float[] maxima = new float[5];
      Arrays.fill(maxima, Float.NEGATIVE_INFINITY);
      float[] sums = {1, 1, 1, 1, 1};
      float[] products = {2, 2, 2, 2, 2};
      float[] exponentials = new float[5];
      float[] factors = {1, -2, 3, 0.5f, 0};

      math.rowMaxima(x, maxima);
      math.rowSums(x, sums);
      math.rowProducts(x, y, products);
      math.exp(shifted, maxima, exponentials);
      math.scaleRows(scaled, factors);

      for (int row = 0; row < 5; row++) {
        int r = row;
        float max =
            (float) IntStream.range(0, columns).mapToDouble(c -> at(x, r, c)).max().orElseThrow();
        assertThat(maxima[row]).isEqualTo(max);
        assertThat((double) sums[row])
            .isCloseTo(
                1 + IntStream.range(0, columns).mapToDouble(c -> at(x, r, c)).sum(), within(1e-5));
        assertThat((double) products[row])
            .isCloseTo(
                2 + IntStream.range(0, columns).mapToDouble(c -> at(x, r, c) * at(y, r, c)).sum(),
                within(2e-5));
        assertThat((double) exponentials[row])
            .isCloseTo(
                IntStream.range(0, columns).mapToDouble(c -> Math.exp(at(x, r, c) - max)).sum(),
                within(1e-5));
        assertThat((float) at(scaled, row, columns - 1))
            .isEqualTo((float) (at(x, row, columns - 1) * factors[row]));
        assertThat(at(shifted, row, columns - 1))
            .isCloseTo(Math.exp(at(x, row, columns - 1) - max), within(2e-7));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void chosen_rows_are_multiplied_added_and_added_to(Arithmetic arithmetic) {
    BlockMath math = BlockArithmetic.of(arithmetic);
    for (int columns : new int[] {1, 15, 16, 31, 64, 65, 100}) {
      for (int count : new int[] {0, 1, 3, 4, 5, 11}) {
        Block rows = gapped(1, 9, columns);
        Block grown = gapped(1, 9, columns);
        int[] index = new Random(3).ints(count + 2, 0, 9).toArray();
        float[] x = gaussian(4, columns + 2);
        float[] products = new float[count + 3];
        float[] sum = gaussian(5, columns + 1);
        float[] before = sum.clone();
        float[] weights = gaussian(6, count + 1);

        math.gatherProducts(x, 2, rows, index, 2, count + 2, products, 3);
        math.addGathered(weights, 1, rows, index, 2, count + 2, sum, 1);
        math.scatter(weights, 1, x, 2, grown, index, 2, count + 2);

        for (int i = 0; i < count; i++) {
          double expected = 0;
          for (int c = 0; c < columns; c++) {
            expected += x[2 + c] * at(rows, index[2 + i], c);
          }
          assertThat((double) products[3 + i]).isCloseTo(expected, within(3e-5));
        }
        for (int c = 0; c < columns; c++) {
          double expected = before[1 + c];
          for (int i = 0; i < count; i++) {
            expected += weights[1 + i] * at(rows, index[2 + i], c);
          }
          assertThat((double) sum[1 + c]).isCloseTo(expected, within(1e-5));
          double last = at(rows, 8, c);
          for (int i = 0; i < count; i++) {
            last += index[2 + i] == 8 ? weights[1 + i] * x[2 + c] : 0;
          }
          assertThat(at(grown, 8, c)).isCloseTo(last, within(1e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocks_that_do_not_fit_are_refused(Arithmetic arithmetic) {
    BlockMath math = BlockArithmetic.of(arithmetic);

    assertThatThrownBy(() -> math.product(Block.of(2, 3), Block.of(4, 5), Block.of(2, 5)))
        .hasMessage("a·b must fit: a is [2, 3], b is [4, 5], the result [2, 5]");
    assertThatThrownBy(() -> math.exp(Block.of(2, 3).transposed()))
        .hasMessageContaining("side by side, but columnStride is 3");
  }
}
