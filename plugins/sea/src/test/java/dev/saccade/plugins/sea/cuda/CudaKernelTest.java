package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.ElementType;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A program as a kernel of the runtime: what it answers, what it keeps, and what it frees. */
@OnFakeDriver
class CudaKernelTest {

  private static final ExactTrial TRIAL =
      new ExactTrial(ExactTrial.causal(2, 2, 1, 33, 32), ElementType.F32, false);

  private final CudaKernel kernel = new CudaKernel(new FlashProgram());

  @AfterEach
  void close() {
    kernel.close();
    System.clearProperty(CudaKernel.GPU_PROPERTY);
  }

  @Test
  void numbers_in_host_memory_go_there_and_back() {
    HostTrialCall call = HostTrialCall.of(kernel, TRIAL);

    kernel.forward(call);
    kernel.backward(call);

    ExactTrial.Results expected = TRIAL.expected();
    for (int i = 0; i < 4; i++) {
      double[] right = expected.all().get(i);
      for (int at = 0; at < right.length; at++) {
        assertThat(call.results().all().get(i)[at]).isCloseTo(right[at], within(1e-4));
      }
    }
  }

  @Test
  void tensors_of_many_pieces_arrive_whole() {
    int length = 2 * HostTransfers.CAPACITY / (Float.BYTES * 2 * 32) + 5; // three pieces each
    ExactTrial trial =
        new ExactTrial(ExactTrial.size(1, 2, 2, length, 1, 32), ElementType.F32, false);
    HostTrialCall call = HostTrialCall.of(kernel, trial);

    kernel.forward(call);

    // With a single key every context is its value.
    double[] context = call.results().context();
    double[] value = trial.value();
    for (int at = 0; at < context.length; at++) {
      int head = at / (length * 32);
      assertThat(context[at]).isEqualTo(value[head * 32 + at % 32]);
    }
  }

  @Test
  void says_yes_where_it_can_run() {
    assertThat(check(TRIAL)).isEmpty();
  }

  @Test
  void says_why_it_cannot_run_without_a_gpu() {
    FakeDriver.set("FAKE_CUDA_DEVICES", 0);

    assertThat(check(TRIAL))
        .containsExactly("there is an NVIDIA driver but no GPU that CUDA can use");
  }

  @Test
  void runs_on_the_gpu_that_is_asked_for() {
    FakeDriver.set("FAKE_CUDA_DEVICES", 2);
    System.setProperty(CudaKernel.GPU_PROPERTY, "1");

    assertThat(check(TRIAL)).isEmpty();
  }

  @Test
  void names_the_gpus_if_the_one_asked_for_is_not_there() {
    System.setProperty(CudaKernel.GPU_PROPERTY, "1");

    assertThat(check(TRIAL))
        .singleElement()
        .asString()
        .startsWith("saccade.gpu must be the ordinal of a GPU but is 1; there are [GPU 0 (CPU as");
  }

  @Test
  void a_gpu_that_is_too_old_is_not_used() {
    FakeDriver.set("FAKE_CUDA_CAPABILITY", 70);

    assertThat(check(TRIAL))
        .singleElement()
        .asString()
        .endsWith("is too old: compute capability 7.5 or newer is needed");
  }

  @Test
  void refuses_what_its_kernels_do_not_compute() {
    ExactTrial wide = new ExactTrial(ExactTrial.causal(1, 1, 1, 5, 129), ElementType.F32, false);
    ExactTrial exact = new ExactTrial(ExactTrial.causal(1, 1, 1, 5, 7), ElementType.F64, false);

    assertThat(check(wide)).containsExactly("D must be at most 128 but is 129");
    assertThat(check(exact)).containsExactly("it takes F32, F16 or BF16, not F64");
  }

  @Test
  void a_head_that_needs_more_shared_memory_than_there_is_is_refused() {
    FakeDriver.set("FAKE_CUDA_CAPABILITY", 86);
    ExactTrial wide = new ExactTrial(ExactTrial.causal(1, 1, 1, 5, 136), ElementType.F16, false);

    assertThat(check(wide))
        .containsExactly(
            "D=136 needs 135168 bytes of shared memory a block, and CPU as GPU 0 has 101376");
  }

  @Test
  void a_lack_of_memory_is_a_reason_to_take_another_kernel() {
    FakeDriver.set("FAKE_CUDA_MEMORY", 1000);

    assertThat(check(TRIAL))
        .singleElement()
        .asString()
        .startsWith("the GPU has too little free memory while allocating ")
        .endsWith("try shorter sequences or smaller batches, or a kernel on the CPU");
    FakeDriver.reset();
    assertThat(check(TRIAL)).as("with more memory").isEmpty();
  }

  @Test
  void a_lack_of_memory_under_way_ends_the_call_and_nothing_else() {
    HostTrialCall call = HostTrialCall.of(kernel, TRIAL);
    kernel.forward(call);
    FakeDriver.fail("cuMemAlloc@1=2");

    assertThatThrownBy(() -> kernel.backward(call))
        .isInstanceOf(GpuException.class)
        .hasMessageStartingWith("the GPU has too little free memory");

    kernel.backward(call);
    assertThat(call.results().ofQuery()).isNotEqualTo(new double[call.results().ofQuery().length]);
  }

  @Test
  void memory_is_allocated_once_for_the_largest_run() {
    kernel.forward(HostTrialCall.of(kernel, TRIAL));
    FakeDriver.fail("cuMemAlloc=2,cuModuleLoadData=2,cuStreamCreate=2,cuMemHostAlloc=2");
    ExactTrial smaller = new ExactTrial(ExactTrial.causal(1, 2, 1, 31, 32), ElementType.F32, false);

    kernel.forward(HostTrialCall.of(kernel, smaller));

    assertThat(FakeDriver.held()).containsEntry("device memory", 1L).containsEntry("modules", 1L);
  }

  @Test
  void closing_frees_everything_and_a_later_run_opens_it_again() {
    kernel.forward(HostTrialCall.of(kernel, TRIAL));

    kernel.close();

    assertThat(FakeDriver.held()).isEmpty();
    kernel.forward(HostTrialCall.of(kernel, TRIAL));
    assertThat(FakeDriver.held()).isNotEmpty();
  }

  @Test
  void a_failed_kernel_is_an_error_that_says_so_and_a_reason_ever_after() {
    HostTrialCall call = HostTrialCall.of(kernel, TRIAL);
    assertThat(check(TRIAL)).isEmpty();
    FakeDriver.fail("cuLaunchKernel@1=719");

    assertThatThrownBy(() -> kernel.forward(call))
        .isInstanceOf(GpuException.class)
        .hasMessage(
            "a kernel failed while launching kernel flashForward_float_64: CUDA_ERROR_LAUNCH_FAILED"
                + " (CUDA error 719); start again, or choose a kernel on the CPU");

    FakeDriver.reset();
    assertThat(check(TRIAL))
        .singleElement()
        .asString()
        .startsWith("the GPU failed before: a kernel failed");
    assertThatThrownBy(() -> kernel.forward(call)).hasMessageStartingWith("the GPU failed before");
    assertThat(FakeDriver.held()).isEmpty();
  }

  @Test
  void a_lost_gpu_is_named_as_such() {
    HostTrialCall call = HostTrialCall.of(kernel, TRIAL);
    FakeDriver.fail("cuStreamSynchronize=999");

    assertThatThrownBy(() -> kernel.forward(call))
        .hasMessageStartingWith("the GPU was lost while computing: CUDA_ERROR_UNKNOWN");
  }

  @Test
  void an_address_outside_all_memory_is_an_error_and_not_the_end_of_the_jvm() {
    GpuSession session = GpuSession.open(CudaDriver.look().gpus().get(0));
    try (GpuSession.Entered entered = session.enter()) {
      session
          .function("softmax", "softmaxRows")
          .launch(
              session.stream(),
              Grid.of(1, 1, 1, 128),
              new LaunchArguments().address(16).words(TRIAL.size().words()));

      assertThatThrownBy(() -> session.stream().await())
          .isInstanceOf(GpuException.class)
          .hasMessageStartingWith("a kernel used an address that is not its own while computing");
    } finally {
      session.close();
    }
  }

  @Test
  void nothing_is_held_if_opening_fails_half_way() {
    FakeDriver.fail("cuStreamCreate=2");

    assertThat(check(TRIAL)).singleElement().asString().contains("creating a stream");
    assertThat(FakeDriver.held()).isEmpty();
  }

  @Test
  void threads_take_turns() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<double[]>> calls =
          Collections.nCopies(
              8,
              () -> {
                HostTrialCall call = HostTrialCall.of(kernel, TRIAL);
                kernel.forward(call);
                return call.results().context();
              });

      List<Future<double[]>> contexts = threads.invokeAll(calls);

      for (Future<double[]> context : contexts) {
        assertThat(context.get()).containsExactly(contexts.get(0).get());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private List<String> check(ExactTrial trial) {
    return kernel.check(trial.request(), TestHost.INSTANCE).reasons();
  }
}
