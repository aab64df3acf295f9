package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.engine.kernel.DenseNumbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AdamWTest {

  private static final AdamWSettings SETTINGS = new AdamWSettings(0.9, 0.999, 1e-8, 0.01, Map.of());

  private final List<INDArray> arrays = new ArrayList<>();

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @AfterEach
  void close() {
    arrays.forEach(INDArray::close);
  }

  private INDArray array(float... values) {
    INDArray array = Nd4j.create(values, new long[] {values.length}, DataType.FLOAT);
    arrays.add(array);
    return array;
  }

  private INDArray gaussian(int length, long seed) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return array(values);
  }

  private TrainedParameter decaying(String name, INDArray array) {
    return new TrainedParameter(name, array, TrainedParameter.PRETRAINED, true);
  }

  private static void update(
      AdamW optimizer, List<TrainedParameter> parameters, double rate, INDArray... gradients) {
    GradientSum sum = new GradientSum(parameters);
    sum.add(List.of(gradients), 1);
    optimizer.update(sum, sum.scale(), rate);
  }

  /** The formulas of the paper, for one element, in double. */
  private static final class Oracle {
    private final AdamWSettings settings;
    private double value;
    private double mean;
    private double square;
    private int steps;

    Oracle(AdamWSettings settings, double value) {
      this.settings = settings;
      this.value = value;
    }

    void update(double gradient, double rate) {
      steps++;
      mean = settings.beta1() * mean + (1 - settings.beta1()) * gradient;
      square = settings.beta2() * square + (1 - settings.beta2()) * gradient * gradient;
      double unbiasedMean = mean / (1 - Math.pow(settings.beta1(), steps));
      double unbiasedSquare = square / (1 - Math.pow(settings.beta2(), steps));
      value -= rate * settings.weightDecay() * value;
      value -= rate * unbiasedMean / (Math.sqrt(unbiasedSquare) + settings.epsilon());
    }
  }

  @Test
  void follows_the_formulas_in_double() {
    int length = 3 * Stretches.LENGTH / 2;
    INDArray array = gaussian(length, 1);
    float[] start = DenseNumbers.of(array).floats();
    List<TrainedParameter> parameters = List.of(decaying("p", array));
    AdamW optimizer = new AdamW(parameters, SETTINGS);
    int[] watched = {0, 1, Stretches.LENGTH - 1, Stretches.LENGTH, length - 1};
    Oracle[] oracles = new Oracle[watched.length];
    for (int i = 0; i < watched.length; i++) {
      oracles[i] = new Oracle(SETTINGS, start[watched[i]]);
    }

    for (int step = 0; step < 53; step++) {
      INDArray gradient = gaussian(length, 100 + step);
      double rate = 0.01 / (1 + step);
      update(optimizer, parameters, rate, gradient);
      for (int i = 0; i < watched.length; i++) {
        oracles[i].update(gradient.getFloat(watched[i]), rate);
      }
    }

    assertThat(optimizer.steps()).isEqualTo(53);
    for (int i = 0; i < watched.length; i++) {
      // Each of 53 steps rounds a number below four a few times.
      assertThat((double) array.getFloat(watched[i])).isCloseTo(oracles[i].value, within(3e-6));
      assertThat(optimizer.means(0)[watched[i]]).isCloseTo((float) oracles[i].mean, within(1e-6f));
    }
  }

  /**
   * Numbers that Burn tests its AdamW with, computed by PyTorch (tracel-ai/burn,
   * crates/burn-core/src/optim/adamw.rs): two steps of a linear layer, two inputs each, whose loss
   * is the sum of its outputs; so a weight's gradient is the sum of what it is multiplied with.
   */
  @Test
  void agrees_with_published_numbers() {
    AdamWSettings settings = new AdamWSettings(0.9, 0.999, 1e-8, 0.5, Map.of());
    INDArray top = array(-0.3206f, 0.1374f, 0.4043f, 0.3200f, 0.0859f, 0.0671f);
    INDArray fifth = array(0.3300f, -0.2182f, 0.3717f, -0.1729f, 0.3796f, -0.0304f);
    INDArray bias = array(-0.3905f, 0.0884f, -0.0970f, 0.1176f, 0.1366f, 0.0130f);
    List<TrainedParameter> parameters =
        List.of(decaying("top", top), decaying("fifth", fifth), decaying("bias", bias));
    AdamW optimizer = new AdamW(parameters, settings);

    INDArray first = array(1.3446f, 1.0499f, 1.6069f, 1.4508f, 1.1167f, 1.3193f);
    update(optimizer, parameters, 0.01, first, first, array(2, 2, 2, 2, 2, 2));
    INDArray second = array(1.1761f, 0.2520f, 1.4477f, 1.4038f, 0.8722f, 1.1613f);
    update(optimizer, parameters, 0.01, second, second, array(2, 2, 2, 2, 2, 2));

    assertThat(DenseNumbers.of(top).floats())
        .containsExactly(
            new float[] {-0.337295f, 0.117827f, 0.380358f, 0.296868f, 0.065232f, 0.046534f},
            within(1e-6f));
    assertThat(DenseNumbers.of(fifth).floats())
        .containsExactly(
            new float[] {0.306815f, -0.234226f, 0.348083f, -0.191115f, 0.356002f, -0.049993f},
            within(1e-6f));
    assertThat(DenseNumbers.of(bias).floats())
        .containsExactly(
            new float[] {-0.406555f, 0.067568f, -0.115982f, 0.096477f, 0.115287f, -0.007080f},
            within(1e-6f));
  }

  /** The test that Hugging Face's transformers has for its AdamW. */
  @Test
  void finds_the_minimum_of_a_square() {
    INDArray weights = array(0.1f, -0.2f, -0.1f);
    float[] target = {0.4f, 0.2f, -0.5f};
    List<TrainedParameter> parameters = List.of(decaying("w", weights));
    AdamW optimizer = new AdamW(parameters, new AdamWSettings(0.9, 0.999, 1e-6, 0, Map.of()));

    for (int step = 0; step < 100; step++) {
      float[] gradient = new float[3];
      for (int i = 0; i < 3; i++) {
        gradient[i] = 2f / 3 * (weights.getFloat(i) - target[i]);
      }
      update(optimizer, parameters, 0.2, array(gradient));
    }

    assertThat(DenseNumbers.of(weights).floats()).containsExactly(target, within(1e-2f));
  }

  @Test
  void biases_do_not_decay_and_weights_do() {
    INDArray weight = array(2);
    INDArray bias = array(2);
    List<TrainedParameter> parameters =
        List.of(
            decaying("weight", weight),
            new TrainedParameter("bias", bias, TrainedParameter.PRETRAINED, false));
    AdamW optimizer = new AdamW(parameters, SETTINGS);

    update(optimizer, parameters, 0.5, array(0), array(0));

    assertThat(weight.getFloat(0)).isCloseTo(2 * (1 - 0.5f * 0.01f), within(1e-7f));
    assertThat(bias.getFloat(0)).isEqualTo(2);
  }

  @Test
  void a_group_learns_by_its_own_rate() {
    INDArray old = array(0);
    INDArray fresh = array(0);
    List<TrainedParameter> parameters =
        List.of(
            decaying("old", old), new TrainedParameter("fresh", fresh, TrainedParameter.NEW, true));
    AdamW optimizer = new AdamW(parameters, SETTINGS.withRateFactor(TrainedParameter.NEW, 10));

    update(optimizer, parameters, 0.001, array(3), array(3));

    // The first step of Adam has the length of the learning rate.
    assertThat(old.getFloat(0)).isCloseTo(-0.001f, within(1e-8f));
    assertThat(fresh.getFloat(0)).isCloseTo(-0.01f, within(1e-7f));
  }

  @Test
  void the_number_of_threads_does_not_show() throws Exception {
    assertThat(trained(1)).isEqualTo(trained(5));
  }

  private float[] trained(int threads) throws Exception {
    int length = 17 * Stretches.LENGTH + 13;
    INDArray array = gaussian(length, 3);
    List<TrainedParameter> parameters = List.of(decaying("p", array));
    AdamW optimizer = new AdamW(parameters, SETTINGS);
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      pool.submit(
              () -> {
                GradientSum sum = new GradientSum(parameters);
                for (int step = 0; step < 5; step++) {
                  sum.clear();
                  sum.add(List.of(gaussian(length, step)), 7);
                  sum.add(List.of(gaussian(length, 50 + step)), 11);
                  optimizer.update(sum, sum.scale() / sum.norm(), 0.01);
                }
              })
          .get();
    } finally {
      pool.shutdown();
    }
    return DenseNumbers.of(array).floats();
  }
}
