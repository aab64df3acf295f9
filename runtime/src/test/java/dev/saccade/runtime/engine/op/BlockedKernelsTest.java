package dev.saccade.runtime.engine.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.blocks.BlockArithmetic;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The row kernels in vectors, against the plain ones in double precision. */
class BlockedKernelsTest {

  /** Rows enough for several blocks, and not a multiple of anything. */
  private static final int ROWS = 211;

  /**
   * Units in the last place of 1: every result is a sum of terms of that size or less, and takes
   * less than ten roundings.
   */
  private static final double TOLERANCE = 10 * Math.ulp(1f);

  private static final Rows THREADS = new Rows(2);
  private static final KernelArguments EPSILON = KernelArguments.NONE.withReals(1e-5);

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  static BlockMath vectors() {
    assumeTrue(
        BlockArithmetic.check(dev.saccade.api.kernel.Arithmetic.SIMD).isYes(), "no vectors here");
    return BlockArithmetic.of(dev.saccade.api.kernel.Arithmetic.SIMD);
  }

  static Stream<Arguments> kernels_and_lengths() {
    BiFunction<Rows, BlockMath, GraphKernel> gelu = BlockedGelu::new;
    BiFunction<Rows, BlockMath, GraphKernel> norm = BlockedLayerNorm::new;
    return IntStream.of(1, 2, 31, 32, 33, 207, 5003)
        .boxed()
        .flatMap(
            n ->
                Stream.of(
                    arguments(new GeluKernel(THREADS), gelu, n),
                    arguments(new LayerNormKernel(THREADS), norm, n)));
  }

  @ParameterizedTest
  @MethodSource("kernels_and_lengths")
  void compute_what_the_plain_ones_do(
      GraphKernel plain, BiFunction<Rows, BlockMath, GraphKernel> blocked, int n) {
    INDArray[] inputs = {random(ROWS, n), random(n), random(n)};

    double[] actual = run(blocked.apply(THREADS, vectors()), inputs);

    double[] expected = run(plain, Stream.of(inputs).map(each -> each.castTo(DataType.DOUBLE)));
    double scale = Math.max(1, max(expected));
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]) / scale)
          .as("number %d", i)
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void nan_is_not_hidden() {
    INDArray x = random(3, 37);
    x.putScalar(1, 7, Double.NaN);

    assertThat(run(new BlockedGelu(THREADS, vectors()), x)[44]).isNaN();
    assertThat(run(new BlockedLayerNorm(THREADS, vectors()), x, random(37), random(37))[40])
        .isNaN();
  }

  private static double[] run(GraphKernel kernel, Stream<INDArray> inputs) {
    return run(kernel, inputs.toArray(INDArray[]::new));
  }

  private static double[] run(GraphKernel kernel, INDArray... inputs) {
    INDArray result = Nd4j.createUninitialized(inputs[0].dataType(), inputs[0].shape());
    kernel.forward(inputs, new INDArray[] {result}, EPSILON);
    return result.data().asDouble();
  }

  private static INDArray random(int... shape) {
    Random random = new Random(17L * shape[shape.length - 1] + shape.length);
    long[] longs = IntStream.of(shape).asLongStream().toArray();
    INDArray array = Nd4j.create(DataType.FLOAT, longs);
    for (long i = 0; i < array.length(); i++) {
      array.data().put(i, (float) (2 * random.nextGaussian()));
    }
    return array;
  }

  private static double max(double[] values) {
    double max = 0;
    for (double value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }
}
