package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernels of {@code flash_tensor.cu}, there and back, on tensors of a GPU that has the cores.
 */
@OnFakeDriver
class FlashTensorTest {

  private static final List<ElementType> TYPES = List.of(ElementType.F16, ElementType.BF16);
  private static final FlashProgram FLASH = new FlashProgram();

  private @Nullable GpuSession session; // the one that is open

  @AfterEach
  void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }

  private GpuSession open(int capability) {
    close();
    FakeDriver.set("FAKE_CUDA_CAPABILITY", capability);
    GpuSession opened = GpuSession.open(CudaDriver.look().gpus().get(0));
    session = opened;
    return opened;
  }

  /** Around every edge of a warp, of its bands, and of tiles; head sizes of every kernel. */
  static Stream<ExactTrial> edges() {
    List<ExactTrial> trials = new ArrayList<>();
    for (ElementType type : TYPES) {
      for (int length : new int[] {1, 31, 32, 33, 65}) {
        trials.add(new ExactTrial(ExactTrial.causal(2, 2, 1, length, 32), type, true));
        trials.add(
            new ExactTrial(ExactTrial.size(1, 2, 1, length, length + 6, 64), type, length == 33));
      }
      trials.add(new ExactTrial(ExactTrial.causal(1, 2, 1, 207, 64), type, false));
      trials.add(new ExactTrial(ExactTrial.size(2, 1, 1, 131, 67, 128), type, true));
      trials.add(new ExactTrial(ExactTrial.causal(1, 1, 1, 67, 256), type, false));
      trials.add(
          new ExactTrial(ExactTrial.causal(1, 3, 1, 37, 7), type, false)); // number by number
      trials.add(new ExactTrial(ExactTrial.causal(1, 1, 1, 37, 102), type, false));
      trials.add(new ExactTrial(ExactTrial.size(1, 1, 1, 5, 200, 136), type, false));
    }
    return trials.stream();
  }

  @ParameterizedTest
  @MethodSource("edges")
  void kernels_compute_the_plain_formula_and_its_gradients(ExactTrial trial) {
    ExactTrial.Results results = trial.run(FLASH, open(90));

    assertClose(trial, results);
  }

  /**
   * As on ordinary cores, and weights and slopes are rounded as numbers are stored before they meet
   * values, keys and queries.
   */
  private static void assertClose(ExactTrial trial, ExactTrial.Results results) {
    ExactTrial.Results expected = trial.expected();
    List<double[]> magnitudes = trial.magnitudes();
    double stored = StoredNumbers.precision(trial.type());
    for (int i = 0; i < 4; i++) {
      double[] right = expected.all().get(i);
      double greatest = Arrays.stream(right).map(Math::abs).max().orElse(0);
      for (int at = 0; at < right.length; at++) {
        double error = Math.abs(results.all().get(i)[at] - right[at]);
        double allowed =
            trial.tolerance(right[at], greatest, i > 0) + stored * magnitudes.get(i)[at];
        if (!(error <= allowed)) { // NaN is never close
          assertThat(results.all().get(i)[at])
              .as("number %d of result %d, allowed ±%s", at, i, allowed)
              .isEqualTo(right[at]);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void the_order_in_which_threads_run_does_not_change_a_bit(int schedule) {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(1, 2, 1, 67, 32), ElementType.BF16, true);
    GpuSession gpu = open(80);
    ExactTrial.Results first = trial.run(FLASH, gpu);

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    FakeDriver.set("FAKE_CUDA_THREADS", 1 + schedule % 2);
    ExactTrial.Results again = trial.run(FLASH, gpu);

    for (int i = 0; i < 4; i++) {
      assertThat(again.all().get(i)).as("result %d", i).containsExactly(first.all().get(i));
    }
  }

  @Test
  void a_query_that_sees_no_key_has_context_and_gradient_zero() {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(2, 2, 1, 33, 32), ElementType.F16, true);
    int ofSequence = trial.query().length / 2; // the last sequence is padding

    ExactTrial.Results results = trial.run(FLASH, open(80));

    for (double[] numbers : List.of(results.context(), results.ofQuery())) {
      assertThat(Arrays.copyOfRange(numbers, ofSequence, numbers.length)).containsOnly(0.0);
    }
  }

  @Test
  void nan_reaches_every_query_that_sees_it_and_no_other() {
    AttentionSize size = ExactTrial.causal(1, 1, 1, 67, 32);
    ExactTrial trial = new ExactTrial(size, ElementType.BF16, false);
    int poisoned = 40;
    double[] key = trial.key();
    key[poisoned * 32 + 3] = Double.NaN;

    double[] context = trial.run(FLASH, open(80), trial.query(), key, trial.value()).context();

    for (int t = 0; t < size.queries(); t++) {
      double[] row = Arrays.copyOfRange(context, t * 32, (t + 1) * 32);
      assertThat(Arrays.stream(row).allMatch(Double::isNaN))
          .as("all of query %d is NaN", t)
          .isEqualTo(t >= poisoned);
      assertThat(Arrays.stream(row).anyMatch(Double::isNaN)).isEqualTo(t >= poisoned);
    }
  }

  @Test
  void ordinary_cores_compute_where_there_are_no_others() {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(1, 2, 1, 67, 64), ElementType.F16, false);

    double[] old = trial.run(FLASH, open(75)).context();
    double[] young = trial.run(FLASH, open(80)).context();

    assertThat(young).as("other kernels round otherwise").isNotEqualTo(old);
  }

  @Test
  void wide_heads_are_refused_in_words_where_they_cannot_be() {
    ExactTrial wide = new ExactTrial(ExactTrial.causal(1, 1, 1, 5, 257), ElementType.F16, false);
    ExactTrial broad = new ExactTrial(ExactTrial.causal(1, 1, 1, 5, 200), ElementType.F16, false);

    assertThat(reasons(90, wide)).containsExactly("D must be at most 256 but is 257");
    assertThat(reasons(75, broad))
        .containsExactly(
            "D must be at most 128 but is 200; GPUs of compute capability 8.0 or newer take 256 in"
                + " F16 and BF16");
    assertThat(reasons(86, broad))
        .containsExactly(
            "D=200 needs 135168 bytes of shared memory a block, and CPU as GPU 0 has 101376");
    assertThat(reasons(90, broad)).isEmpty();
  }

  private List<String> reasons(int capability, ExactTrial trial) {
    return FLASH.check(trial.request(), open(capability).gpu()).reasons();
  }
}
