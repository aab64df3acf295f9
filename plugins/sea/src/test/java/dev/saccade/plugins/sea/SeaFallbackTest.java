package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.CudaKernel;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What becomes of SEA in a graph of the runtime when its GPU is not as it should be. */
@OnFakeDriver
class SeaFallbackTest {

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");
  private static final int LENGTH = 33;
  private static final int H = 3;
  private static final int D = 7;

  @AfterEach
  void forget() {
    System.clearProperty(CudaKernel.GPU_PROPERTY);
  }

  /** What is wrong, and what is said of it. */
  static Stream<Arguments> ailments() {
    return Stream.of(
        arguments("FAKE_CUDA_DEVICES", 0, "there is an NVIDIA driver but no GPU that CUDA can use"),
        arguments(
            "FAKE_CUDA_VERSION",
            11_040,
            "the NVIDIA driver is too old: it serves CUDA 11.4, and CUDA 12.0 is needed"),
        arguments("FAKE_CUDA_CAPABILITY", 61, "compute capability 7.5 or newer is needed"),
        arguments(
            "FAKE_CUDA_MEMORY", 1 << 16, "the GPU has too little free memory while allocating"));
  }

  @ParameterizedTest
  @MethodSource("ailments")
  void the_next_kernel_computes_and_the_reason_is_told(String what, int value, String said) {
    INDArray expected = onCpu();
    FakeDriver.set(what, value);

    try (KernelTrial layer = open("auto")) {
      assertThat(layer.ranBy()).isNotEqualTo("cuda");
      assertThat(layer.decision()).contains("(cuda: ").contains(said);
      assertThat(layer.context()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("ailments")
  void a_kernel_that_is_asked_for_fails_in_one_line(String what, int value, String said) {
    FakeDriver.set(what, value);

    assertThatThrownBy(() -> open("cuda"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("kernel cuda of operation sea is asked for but cannot run: ")
        .hasMessageContaining(said)
        .hasMessageNotContaining("\n");
  }

  @Test
  void a_gpu_that_is_asked_for_and_not_there_is_named_with_those_that_are() {
    System.setProperty(CudaKernel.GPU_PROPERTY, "7");
    String said = "saccade.gpu must be the ordinal of a GPU but is 7; there are [GPU 0 (CPU as";

    try (KernelTrial layer = open("auto")) {
      assertThat(layer.ranBy()).isNotEqualTo("cuda");
      assertThat(layer.decision()).contains(said);
    }
    assertThatThrownBy(() -> open("cuda"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(said);
  }

  @Test
  void the_second_gpu_computes_where_it_is_asked_for() {
    INDArray expected;
    try (KernelTrial layer = open("cuda")) {
      expected = layer.context();
    }
    FakeDriver.set("FAKE_CUDA_DEVICES", 2);
    System.setProperty(CudaKernel.GPU_PROPERTY, "1");

    try (KernelTrial layer = open("cuda")) {
      assertThat(layer.context()).isEqualTo(expected);
    }
  }

  @Test
  void who_has_memory_keeps_it_when_others_take_the_rest_and_a_new_layer_falls_back() {
    INDArray expected = onCpu();
    try (KernelTrial layer = open("auto")) {
      assertThat(layer.ranBy()).isEqualTo("cuda");
      layer.context();
      FakeDriver.set("FAKE_CUDA_MEMORY", 1 << 16);

      // What was reserved is kept, so the layer computes on; a new one cannot.
      layer.context();
      try (KernelTrial other = open("auto")) {
        assertThat(other.decision()).contains("too little free memory");
        assertThat(other.context()).isEqualTo(expected);
      }
    }
  }

  /** When it is asked for a kernel, for a transfer, and while it computes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cuLaunchKernel@5=719: a kernel failed while launching kernel ",
        "cuMemcpyHtoDAsync@3=999: the GPU was lost while uploading: ",
        "cuEventSynchronize@9=700: a kernel used an address that is not its own while copying: ",
        "cuStreamSynchronize=46: the GPU was lost while computing: "
      })
  void a_gpu_lost_under_way_ends_the_run_with_what_was_being_done(String failure) {
    String wish = failure.substring(0, failure.indexOf(": "));
    String said = failure.substring(failure.indexOf(": ") + 2);
    INDArray expected = onCpu();

    try (KernelTrial layer = open("auto")) {
      assertThat(layer.ranBy()).isEqualTo("cuda");
      FakeDriver.fail(wish);

      assertThatThrownBy(layer::context)
          .isInstanceOf(SaccadeException.class)
          .hasMessageStartingWith("kernel cuda of operation sea: " + said)
          .hasMessageNotContaining("\n");

      // The same graph goes on without it, even if the GPU comes back.
      FakeDriver.reset();
      assertThat(FakeDriver.held()).isEmpty();
      assertThat(layer.context()).isEqualTo(expected);
      assertThat(layer.ranBy()).isNotEqualTo("cuda");
      assertThat(layer.decision()).contains("the GPU failed before: " + said);
    }
    assertThat(FakeDriver.held()).isEmpty();
  }

  @Test
  void a_lost_gpu_is_not_replaced_behind_the_back_of_who_asked_for_it() {
    try (KernelTrial layer = open("cuda")) {
      FakeDriver.fail("cuLaunchKernel@1=719");
      assertThatThrownBy(layer::context).isInstanceOf(SaccadeException.class);
      FakeDriver.reset();

      assertThatThrownBy(layer::context)
          .isInstanceOf(SaccadeException.class)
          .hasMessageStartingWith("kernel cuda of operation sea is asked for but cannot run: ")
          .hasMessageContaining("the GPU failed before: a kernel failed");
    }
  }

  /**
   * Every number is NaN that is NaN where the CPU computes, and none of another sequence. Earlier
   * positions may be NaN too, as in any product of matrices: NaN times zero is NaN.
   */
  @ParameterizedTest
  @ValueSource(strings = {SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE})
  void nan_reaches_all_that_depends_on_it(String input) {
    long[] at = {1, 2, 20, 3};
    boolean[][] nan = new boolean[2][];
    for (String kernel : new String[] {"plain", "cuda"}) {
      try (KernelTrial layer = open(kernel)) {
        layer.input(input).putScalar(at, Float.NaN);

        nan[kernel.equals("cuda") ? 1 : 0] = nans(layer.context());
      }
    }

    assertThat(nan[0]).contains(true);
    for (int i = 0; i < nan[0].length; i++) {
      assertThat(nan[1][i] || !nan[0][i]).as("number %d is NaN on the GPU as well", i).isTrue();
      boolean other = i / (H * LENGTH * D) != at[0];
      assertThat(nan[1][i] && other).as("number %d is of another sequence", i).isFalse();
    }
  }

  private static boolean[] nans(INDArray context) {
    float[] numbers = context.dup('c').data().asFloat();
    boolean[] nans = new boolean[numbers.length];
    for (int i = 0; i < nans.length; i++) {
      nans[i] = Float.isNaN(numbers[i]);
    }
    return nans;
  }

  /** By whoever is fastest there. */
  private static INDArray onCpu() {
    String fastest;
    FakeDriver.set("FAKE_CUDA_DEVICES", 0);
    try (KernelTrial layer = open("auto")) {
      fastest = layer.ranBy();
    }
    FakeDriver.reset();
    try (KernelTrial layer = open(fastest)) {
      return layer.context();
    }
  }

  private static KernelTrial open(String kernel) {
    Map<String, String> options = new HashMap<>(OPTIONS);
    options.put("kernel", kernel);
    return new KernelTrial(
        SeaTrial.spec(Masking.CAUSAL), options, SeaTrial.B, LENGTH, SeaTrial.SEED, null);
  }
}
