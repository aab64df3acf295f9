package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The kernels of {@code softmax.cu} and {@code flash.cu}, there and back, on tensors of the GPU.
 */
@OnFakeDriver
class ExactKernelsTest {

  private static final List<DeviceProgram> PROGRAMS =
      List.of(new FlashProgram(), new SoftmaxProgram());

  /** Around every edge of a tile and of a warp. */
  private static final List<Integer> LENGTHS = List.of(1, 31, 32, 33, 67);

  private GpuSession session;

  @BeforeEach
  void open() {
    session = GpuSession.open(CudaDriver.look().gpus().get(0));
  }

  @AfterEach
  void close() {
    session.close();
  }

  static Stream<ExactTrial> edges() {
    List<ExactTrial> trials = new ArrayList<>();
    for (int length : LENGTHS) {
      for (int headSize : new int[] {32, 64}) {
        AttentionSize causal = ExactTrial.causal(2, 4, 2, length, headSize);
        AttentionSize whole = ExactTrial.size(2, 4, 2, length, length + 6, headSize);
        for (AttentionSize size : List.of(causal, whole)) {
          trials.add(new ExactTrial(size, ElementType.F32, false));
          trials.add(new ExactTrial(size, ElementType.F32, true));
        }
      }
    }
    trials.add(new ExactTrial(ExactTrial.causal(2, 2, 1, 207, 64), ElementType.F32, true));
    trials.add(new ExactTrial(ExactTrial.size(1, 2, 2, 207, 131, 64), ElementType.F32, false));
    trials.add(new ExactTrial(ExactTrial.causal(1, 3, 1, 37, 7), ElementType.F32, false));
    trials.add(new ExactTrial(ExactTrial.causal(1, 2, 1, 37, 101), ElementType.F32, false));
    return trials.stream();
  }

  @ParameterizedTest
  @MethodSource("edges")
  void kernels_compute_the_plain_formula_and_its_gradients(ExactTrial trial) {
    for (DeviceProgram program : PROGRAMS) {
      assertClose(program.operation(), trial, trial.run(program, session));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void numbers_may_be_stored_in_sixteen_bits(ElementType type) {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(2, 2, 1, 67, 64), type, true);

    for (DeviceProgram program : PROGRAMS) {
      assertClose(program.operation(), trial, trial.run(program, session));
    }
  }

  @Test
  void the_order_in_which_threads_run_does_not_change_a_bit() {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(2, 2, 1, 67, 32), ElementType.F32, true);
    for (DeviceProgram program : PROGRAMS) {
      ExactTrial.Results first = trial.run(program, session);

      for (int schedule = 1; schedule <= 6; schedule++) {
        FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
        FakeDriver.set("FAKE_CUDA_THREADS", 1 + schedule % 2);
        ExactTrial.Results again = trial.run(program, session);

        for (int i = 0; i < 4; i++) {
          assertThat(again.all().get(i))
              .as("result %d of %s, schedule %d", i, program.operation(), schedule)
              .containsExactly(first.all().get(i));
        }
      }
      FakeDriver.reset();
    }
  }

  @Test
  void a_query_that_sees_no_key_has_context_and_gradient_zero() {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(2, 2, 1, 33, 32), ElementType.F32, true);
    int ofSequence = trial.query().length / 2; // the last sequence is padding

    for (DeviceProgram program : PROGRAMS) {
      ExactTrial.Results results = trial.run(program, session);

      for (double[] numbers : List.of(results.context(), results.ofQuery())) {
        assertThat(Arrays.copyOfRange(numbers, ofSequence, numbers.length)).containsOnly(0.0);
      }
    }
  }

  @Test
  void nan_reaches_every_query_that_sees_it_and_no_other() {
    AttentionSize size = ExactTrial.causal(1, 1, 1, 67, 32);
    ExactTrial trial = new ExactTrial(size, ElementType.F32, false);
    int poisoned = 40;
    double[] key = trial.key();
    key[poisoned * 32 + 3] = Double.NaN;

    for (DeviceProgram program : PROGRAMS) {
      double[] context = trial.run(program, session, trial.query(), key, trial.value()).context();

      for (int t = 0; t < size.queries(); t++) {
        double[] row = Arrays.copyOfRange(context, t * 32, (t + 1) * 32);
        assertThat(Arrays.stream(row).allMatch(Double::isNaN))
            .as("all of query %d of %s is NaN", t, program.operation())
            .isEqualTo(t >= poisoned);
        assertThat(Arrays.stream(row).anyMatch(Double::isNaN)).isEqualTo(t >= poisoned);
      }
    }
  }

  private static void assertClose(String what, ExactTrial trial, ExactTrial.Results results) {
    ExactTrial.Results expected = trial.expected();
    for (int i = 0; i < 4; i++) {
      double[] right = expected.all().get(i);
      double greatest = Arrays.stream(right).map(Math::abs).max().orElse(0);
      for (int at = 0; at < right.length; at++) {
        double error = Math.abs(results.all().get(i)[at] - right[at]);
        double allowed = trial.tolerance(right[at], greatest, i > 0);
        if (!(error <= allowed)) { // NaN is never close
          assertThat(results.all().get(i)[at])
              .as("%s: number %d of result %d, allowed ±%s", what, at, i, allowed)
              .isEqualTo(right[at]);
        }
      }
    }
  }
}
