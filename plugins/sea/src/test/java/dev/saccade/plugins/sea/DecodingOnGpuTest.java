package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RecipeErrors.assertKernelErrsLikeTheRecipe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Decoding on a GPU against the recipe for whole texts: from the runtime through JCuda to kernels
 * that run on the CPU. That nothing is left on the GPU is looked at after each test.
 */
@OnFakeDriver
class DecodingOnGpuTest {

  private static final String CUDA = "cuda";
  private static final int B = SeaTrial.B;

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");
  private static final Map<String, String> RARE =
      Map.of("width", "32", "k", "4", "estimate-every", "3");

  /** Single positions, portions within a chunk, and of a chunk and more. */
  private static final int[] ENDS = {1, 2, 7, 8, 50, 51, 52, 53, 181, 182};

  /** But for padding behind, which is among that anywhere, and what a longer text takes anyway. */
  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.CAUSAL)
        .filter(trial -> List.of(1, 33, 207).contains(trial.length()))
        .filter(trial -> trial.padding() != Padding.BEHIND);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void errs_at_most_twice_as_much_as_the_recipe(SeaTrial trial) {
    assertErrsLikeTheRecipe(trial, ENDS);
  }

  /** Of several chunks, worked on in two goes, in a cache that has to grow. */
  @Test
  void a_long_prompt_errs_no_more() {
    SeaTrial trial =
        new SeaTrial(
            Masking.CAUSAL,
            531,
            Padding.ANYWHERE,
            Map.of("width", "32", "k", "5", "deeper", "true", "estimate-every", "3"));

    assertErrsLikeTheRecipe(trial, 1, 530);
  }

  private static void assertErrsLikeTheRecipe(SeaTrial trial, int... ends) {
    assertKernelErrsLikeTheRecipe(
        neighbour -> trial.exact().beside(neighbour).contexts(),
        neighbour -> trial.of("recipe").beside(neighbour).contexts(),
        CUDA,
        () -> Map.of(SingleLayer.CONTEXT, decoded(trial, ends)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.ANYWHERE, RARE);
    int[] ends = {1, 2, 3, 4, 5, 29, 30, 31, 32};
    INDArray expected = decoded(trial, ends);

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);

    assertThat(decoded(trial, ends)).isEqualTo(expected);
  }

  @Test
  void forks_go_on_by_themselves_in_the_order_that_was_asked_for() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.ANYWHERE, RARE);
    INDArray expected = decoded(trial, 19, 20, 23);
    try (KernelTrial layer = trial.open(CUDA)) {
      LayerDecoding original = layer.decoding(B, 33);
      layer.advance(original, 0, 19);

      LayerDecoding strayed = original.fork(List.of(1, 0));
      layer.advance(strayed, 1, 8); // other positions than the original will take
      INDArray next = layer.advance(original, 19, 20);
      LayerDecoding faithful = original.fork(List.of(0, 1));
      original.close();
      strayed.close();
      INDArray rest = layer.decoded(faithful, 23, 33);
      faithful.close();

      assertThat(next).isEqualTo(part(expected, 19, 20));
      assertThat(rest).isEqualTo(part(expected, 20, 33));
    }
  }

  @Test
  void a_sequence_can_be_forked_more_than_once() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    INDArray expected = decoded(trial, 17, 18);
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding original = layer.decoding(B, 33)) {
      layer.advance(original, 0, 17);

      try (LayerDecoding thrice = original.fork(List.of(1, 1, 1))) {
        assertThat(thrice.length()).isEqualTo(17);
      }
      try (LayerDecoding twice = original.fork(List.of(1, 1))) {
        INDArray context = layer.advance(twice, 17, 18);

        // Queries, keys and values differ from sequence to sequence; what came before does not.
        INDArray alone = part(expected, 17, 18);
        assertThat(context.slice(1)).isEqualTo(alone.slice(1));
        assertThat(context.slice(0).distance2(alone.slice(0))).isGreaterThan(1e-3);
      }
    }
  }

  @Test
  void decodings_in_several_threads_take_turns() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    INDArray expected = decoded(trial, 5, 6, 7, 20);
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding first = layer.decoding(B, 33);
        LayerDecoding second = layer.decoding(B, 33)) {
      List<INDArray> contexts =
          Stream.of(first, second)
              .parallel()
              .map(decoding -> layer.decoded(decoding, 5, 6, 7, 20, 33))
              .toList();

      assertThat(contexts).containsExactly(expected, expected);
    }
  }

  @Test
  void another_can_begin_after_the_last_was_closed() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    INDArray expected = decoded(trial, 20);
    try (KernelTrial layer = trial.open(CUDA)) {
      layer.decoding(B, 33).close();

      try (LayerDecoding decoding = layer.decoding(B, 33)) {
        assertThat(layer.decoded(decoding, 20, 33)).isEqualTo(expected);
      }
    }
  }

  @Test
  void a_live_k_is_as_it_was_set_last() {
    INDArray expected = decoded(new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS), 21);
    Map<String, String> other = Map.of("width", "32", "k", "9");
    try (KernelTrial layer = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, other).open(CUDA)) {
      layer.setKept(5);

      try (LayerDecoding decoding = layer.decoding(B, 33)) {
        assertThat(layer.decoded(decoding, 21, 33)).isEqualTo(expected);
      }
    }
  }

  @Test
  void only_keys_and_values_take_more_memory_with_time() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding decoding = layer.decoding(B, 33)) {
      long sums = decoding.bytes();
      layer.advance(decoding, 0, 1);
      long first = decoding.bytes();
      layer.advance(decoding, 1, 33);

      int room = 40; // of 33 positions, a multiple of 8
      long keysAndValues = 2L * B * SeaTrial.H * room * 7 * Float.BYTES;
      assertThat(sums).isPositive();
      assertThat(first - sums).isBetween(keysAndValues, keysAndValues + 2L * B * room * 4 + 512);
      assertThat(decoding.bytes()).isEqualTo(first);
    }
  }

  @Test
  void without_being_asked_nothing_decodes_on_a_gpu() {
    try (KernelTrial layer = whoeverCan()) {
      FakeDriver.fail("cuStreamCreate=999,cuDevicePrimaryCtxRetain=999");

      try (LayerDecoding decoding = layer.decoding(B, 33)) {
        assertThat(layer.advance(decoding, 0, 33).isNaN().any()).isFalse();
      }
    }
  }

  @Test
  void without_a_gpu_it_is_refused_with_the_reason() {
    FakeDriver.set("FAKE_CUDA_DEVICES", 0);

    try (InstalledLayer layer = installed(ElementType.F32)) {
      assertThatThrownBy(() -> layer.slot().decoding(B, 33))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("kernel cuda of sea is asked for but cannot decode")
          .hasMessageContaining("no GPU that CUDA can use");
    }
  }

  @Test
  void double_precision_is_refused_with_the_reason() {
    try (InstalledLayer layer = installed(ElementType.F64)) {
      assertThatThrownBy(() -> layer.slot().decoding(B, 33))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("F64");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuMemAlloc@1=2", "cuMemAlloc@2=2", "cuMemHostAlloc=2"})
  void too_little_memory_to_begin_is_said_and_nothing_held(String failure) {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    try (KernelTrial layer = trial.open(CUDA)) {
      FakeDriver.fail(failure);

      assertThatThrownBy(() -> layer.decoding(B, 33)).hasMessageContaining("memory");
    }
  }

  @Test
  void too_little_memory_for_more_positions_ends_the_decoding() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 277, Padding.NONE, OPTIONS);
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding decoding = layer.decoding(B, 277)) {
      layer.advance(decoding, 0, 255);
      FakeDriver.fail("cuMemAlloc=2");

      assertThatThrownBy(() -> layer.advance(decoding, 255, 277))
          .hasMessageContaining("too little free memory");
      assertThatThrownBy(() -> layer.advance(decoding, 0, 1)).hasMessageContaining("closed");
    }
  }

  @Test
  void a_lost_gpu_ends_all_decodings_and_says_so() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, OPTIONS);
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding first = layer.decoding(B, 33);
        LayerDecoding second = layer.decoding(B, 33)) {
      layer.advance(first, 0, 5);
      layer.advance(second, 0, 5);
      FakeDriver.fail("cuLaunchKernel@3=719");

      assertThatThrownBy(() -> layer.advance(first, 5, 6)).hasMessageContaining("a kernel failed");
      assertThatThrownBy(() -> layer.advance(second, 5, 6))
          .hasMessageContaining("the GPU failed before");
      assertThatThrownBy(() -> layer.decoding(B, 33)).hasMessageContaining("the GPU failed before");
    }
  }

  private static KernelTrial whoeverCan() {
    return new KernelTrial(SeaTrial.spec(Masking.CAUSAL), OPTIONS, B, 33, SeaTrial.SEED, null);
  }

  private static InstalledLayer installed(ElementType type) {
    return new InstalledLayer(
        SeaTrial.spec(Masking.CAUSAL).withElementType(type),
        Map.of("width", "32", "kernel", CUDA),
        B,
        33,
        SeaTrial.SEED,
        null,
        List.of());
  }

  /** The contexts of all positions, taken up to one end after the other, and then to the last. */
  private static INDArray decoded(SeaTrial trial, int... ends) {
    int[] parts =
        IntStream.concat(
                IntStream.of(ends).filter(end -> end < trial.length()),
                IntStream.of(trial.length()))
            .toArray();
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding decoding = layer.decoding(B, trial.length())) {
      return layer.decoded(decoding, parts);
    }
  }

  private static INDArray part(INDArray context, int from, int to) {
    return context.get(all(), all(), interval(from, to), all()).dup();
  }
}
