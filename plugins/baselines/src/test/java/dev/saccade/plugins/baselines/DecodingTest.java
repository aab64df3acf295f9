package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SlotFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Position by position, every mechanism that can gives what it gives for the whole text. */
class DecodingTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 5;

  /** Two tiles of {@link KeyValueCache} and a bit. */
  private static final int T = 131;

  private static final AttentionSpec SPEC = AttentionSpec.multiHead(H, D).withMaxPositions(T + 6);

  /** Every mechanism that can, with all options that matter to it. */
  static Stream<Candidate> decoding() {
    return Stream.concat(
        Candidate.all().stream()
            .filter(
                candidate ->
                    candidate.mechanism().capabilities().has(Feature.INCREMENTAL)
                        || candidate.options().containsKey("horizon")),
        Stream.of(
            new Candidate(new PerformerAttention(), Map.of("padded-keys", "counted")),
            new Candidate(
                new PerformerAttention(), Map.of("features", "relu", "peeking-shift", "true")),
            new Candidate(
                new CosFormerAttention(), Map.of("horizon", "model", "padded-keys", "counted")),
            new Candidate(new SynthesizerAttention(), Map.of("kind", "random")),
            new Candidate(new SlidingWindowAttention(), Map.of("window", "71", "globals", "3")),
            new Candidate(new TopKOracleAttention(), Map.of("k", "67"))));
  }

  static Stream<Candidate> notDecoding() {
    return Stream.of(
        new Candidate(new CosFormerAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of("peeking-shift", "true")),
        new Candidate(new ReformerAttention(), Map.of("bucket", "3", "hashes", "2")),
        new Candidate(new SinkhornAttention(), Map.of("bucket", "5")),
        new Candidate(new ScatterbrainAttention(), Map.of("bucket", "3", "hashes", "2")));
  }

  static Stream<Candidate> withDefaultOptions() {
    return Candidate.all().stream()
        .map(candidate -> new Candidate(candidate.mechanism(), Map.of()));
  }

  static Stream<Arguments> decodingInPortions() {
    return decoding()
        .flatMap(
            candidate ->
                Stream.of(ElementType.F32, ElementType.F64)
                    .flatMap(
                        type ->
                            Stream.of(Masking.CAUSAL, Masking.CAUSAL_PADDING)
                                .flatMap(
                                    masking ->
                                        Stream.of(1, 2, 7, T)
                                            .map(
                                                portion ->
                                                    Arguments.of(
                                                        candidate, type, masking, portion)))));
  }

  /** Padding before, within and behind; the first sequence ends early, the second begins late. */
  private static @Nullable INDArray real(Masking masking) {
    if (!masking.padded()) {
      return null;
    }
    INDArray real = Nd4j.ones(B, T);
    for (int t : new int[] {40, 41, 100, T - 3, T - 2, T - 1}) {
      real.putScalar(0, t, 0);
    }
    for (int t : new int[] {0, 1, 2, 3, 64, 70}) {
      real.putScalar(1, t, 0);
    }
    return real;
  }

  private static INDArray part(INDArray context, int from, int to) {
    return context.get(all(), all(), interval(from, to), all());
  }

  @ParameterizedTest
  @MethodSource("decodingInPortions")
  void portions_of_any_size_give_what_the_whole_text_gives(
      Candidate candidate, ElementType type, Masking masking, int portion) {
    AttentionSpec spec = SPEC.withMasking(masking).withElementType(type);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, real(masking));
    double tolerance = type == ElementType.F64 ? 1e-13 : 5e-6;

    try (LayerTrial layer = candidate.trial(spec, size);
        LayerDecoding decoding = layer.decoding(B, T).orElseThrow()) {
      INDArray expected = layer.context(inputs);
      for (int from = 0; from < T; from += portion) {
        int to = Math.min(from + portion, T);

        INDArray context = layer.advance(decoding, inputs, from, to);

        assertClose("context from " + from, context, part(expected, from, to), tolerance);
      }
      assertThat(decoding.length()).isEqualTo(T);
    }
  }

  static Stream<Candidate> inPlainArithmetic() {
    return decoding()
        .filter(candidate -> candidate.mechanism().options().contains(KernelChoice.OPTION))
        .map(candidate -> candidate.with("kernel", "plain"));
  }

  @ParameterizedTest
  @MethodSource("inPlainArithmetic")
  void without_vector_instructions_decoding_gives_the_same(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL_PADDING);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, real(Masking.CAUSAL_PADDING));

    try (LayerTrial layer = candidate.trial(spec, size);
        LayerDecoding decoding = layer.decoding(B, T).orElseThrow()) {
      INDArray expected = layer.context(inputs);
      INDArray prompt = layer.advance(decoding, inputs, 0, 100);
      INDArray step = layer.advance(decoding, inputs, 100, 101);

      assertClose("the prompt", prompt, part(expected, 0, 100), 5e-6);
      assertClose("the step", step, part(expected, 100, 101), 5e-6);
    }
  }

  @ParameterizedTest
  @MethodSource("decoding")
  void forks_of_a_prompt_in_float32_go_on_by_themselves(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, null);
    Inputs others = Inputs.random(spec, size, 13, null);

    try (LayerTrial layer = candidate.trial(spec, size);
        LayerDecoding original = layer.decoding(B, T).orElseThrow()) {
      INDArray expected = layer.context(inputs);
      layer.advance(original, inputs, 0, 90);
      LayerDecoding fork = original.fork(List.of(0, 1));

      layer.advance(original, others, 90, 117); // other keys than the fork will take
      original.close();
      INDArray ofFork = layer.advance(fork, inputs, 90, T);
      fork.close();

      assertClose("the fork", ofFork, part(expected, 90, T), 5e-6);
    }
  }

  @ParameterizedTest
  @MethodSource("decoding")
  void forks_go_on_by_themselves_and_outlive_the_original(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL_PADDING).withElementType(ElementType.F64);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, real(Masking.CAUSAL_PADDING));
    Inputs others = Inputs.random(spec, size, 13, real(Masking.CAUSAL_PADDING));

    try (LayerTrial layer = candidate.trial(spec, size);
        LayerDecoding original = layer.decoding(B, T).orElseThrow()) {
      INDArray expected = layer.context(inputs);
      layer.advance(original, inputs, 0, 66);
      LayerDecoding strayed = original.fork(List.of(1, 1));
      LayerDecoding faithful = original.fork(List.of(0, 1));

      layer.advance(strayed, others, 66, 97); // other keys than the original will take
      INDArray ofOriginal = layer.advance(original, inputs, 66, 90);
      original.close();
      strayed.close();
      INDArray ofFork = layer.advance(faithful, inputs, 66, T);
      faithful.close();

      assertClose("the original", ofOriginal, part(expected, 66, 90), 1e-13);
      assertClose("the fork", ofFork, part(expected, 66, T), 1e-13);
    }
  }

  @ParameterizedTest
  @MethodSource("decoding")
  void a_fork_has_the_past_of_the_sequence_that_was_asked_for(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL).withElementType(ElementType.F64);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, null);

    try (LayerTrial layer = candidate.trial(spec, size);
        LayerDecoding original = layer.decoding(B, T).orElseThrow()) {
      INDArray expected = layer.context(inputs);
      layer.advance(original, inputs, 0, 66);

      try (LayerDecoding twice = original.fork(List.of(1, 1))) {
        INDArray context = layer.advance(twice, inputs, 66, 67);

        INDArray next = part(expected, 66, 67);
        assertClose("the second", context.slice(1), next.slice(1), 1e-13);
        if (!candidate.toString().contains("random")) { // which looks at values only
          assertThat(TensorDifference.worst("the first", context.slice(0), next.slice(0)))
              .isGreaterThan(1e-3);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("withDefaultOptions")
  void what_is_said_to_decode_does(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL);

    try (LayerTrial layer = candidate.trial(spec, LayerSize.self(B, 7))) {
      assertThat(layer.decoding(B, 7).isPresent())
          .isEqualTo(candidate.mechanism().capabilities().has(Feature.INCREMENTAL));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Masking.class,
      names = {"NONE", "PADDING"})
  void without_a_causal_mask_nothing_decodes(Masking masking) {
    AttentionSpec spec = SPEC.withMasking(masking);

    decoding()
        .forEach(
            candidate -> {
              try (LayerTrial layer = candidate.trial(spec, LayerSize.self(B, 7))) {
                assertThat(layer.decoding(B, 7)).as(candidate.toString()).isEmpty();
              }
            });
  }

  @ParameterizedTest
  @MethodSource("notDecoding")
  void what_does_not_decode_depends_on_how_the_text_goes_on(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL).withElementType(ElementType.F64);
    int some = 5;
    Inputs whole = Inputs.random(spec, LayerSize.self(B, T), 11, null);
    Inputs beginning =
        new Inputs(
            part(whole.query(), 0, some),
            part(whole.key(), 0, some),
            part(whole.value(), 0, some),
            null);

    try (LayerTrial ofWhole = candidate.trial(spec, LayerSize.self(B, T));
        LayerTrial ofBeginning = candidate.trial(spec, LayerSize.self(B, some))) {
      INDArray later = part(ofWhole.context(whole), 0, some);
      INDArray before = ofBeginning.context(beginning);

      assertThat(ofWhole.decoding(B, T)).isEmpty();
      assertThat(TensorDifference.worst("the beginning", later, before)).isGreaterThan(1e-4);
    }
  }

  @Test
  void heads_that_share_keys_share_what_is_remembered() {
    AttentionSpec spec =
        AttentionSpec.multiHead(6, D)
            .withKvHeads(2)
            .withMaxPositions(T)
            .withMasking(Masking.CAUSAL)
            .withElementType(ElementType.F64);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, null);
    Candidate flash = new Candidate(new FlashAttention(), Map.of());

    try (LayerTrial layer = flash.trial(spec, size);
        LayerDecoding decoding = layer.decoding(B, T).orElseThrow()) {
      INDArray expected = layer.context(inputs);

      assertClose("a prompt", layer.advance(decoding, inputs, 0, 99), part(expected, 0, 99), 1e-13);
      assertClose(
          "a step", layer.advance(decoding, inputs, 99, 100), part(expected, 99, 100), 1e-13);
    }
  }

  @Test
  void the_oracle_keeps_as_many_keys_as_was_set_last() {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL).withElementType(ElementType.F64);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 11, null);
    Candidate oracle = new Candidate(new TopKOracleAttention(), Map.of("k", "3"));

    try (LayerTrial layer = oracle.trial(spec, size).withOption(TopKOracleAttention.KEPT, "11");
        LayerDecoding decoding = layer.decoding(B, T).orElseThrow()) {
      assertClose("context", layer.advance(decoding, inputs, 0, T), layer.context(inputs), 1e-13);
    }
  }

  @Test
  void what_decodes_on_the_cpu_only_refuses_a_gpu() {
    FlashAttention flash = new FlashAttention();
    PluginKernels kernels = PluginKernels.register("decoding#gpu", "a test", flash.kernels());
    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot =
            new SlotFactory(parameters)
                .fill(
                    "layer.0",
                    flash,
                    kernels,
                    SPEC.withMasking(Masking.CAUSAL),
                    Map.of("kernel", "cuda"))) {
      assertThatThrownBy(() -> slot.decoding(B, T))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("kernel cuda of flash is asked for but cannot decode")
          .hasMessageContaining("it decodes on the CPU only");
    } finally {
      kernels.retire(Duration.ofSeconds(10));
    }
  }
}
