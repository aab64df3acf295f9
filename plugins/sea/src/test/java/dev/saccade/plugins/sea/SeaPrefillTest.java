package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** In float32, portions of a prompt give what the kernel gives for the whole text. */
class SeaPrefillTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 7;

  /** More than is worked on at once, and no whole number of blocks. */
  private static final int T = 307;

  private static final double TOLERANCE = 3e-6;

  private static final AttentionSpec SPEC = AttentionSpec.multiHead(H, D).withMaxPositions(T);

  static Stream<Arguments> layers() {
    return Stream.of("plain", "simd")
        .flatMap(
            kernel ->
                Stream.of(
                        Map.of("k", "5"),
                        Map.of("estimate-every", "3"),
                        Map.of("estimate-every", "41"),
                        Map.of("grouping", "query", "oversample", "1.5"),
                        Map.of("joint-encoder", "true"))
                    .flatMap(
                        options ->
                            Stream.of(Masking.CAUSAL, Masking.CAUSAL_PADDING)
                                .map(masking -> Arguments.of(kernel, options, masking))));
  }

  private static KernelTrial layer(String kernel, Map<String, String> options, Masking masking) {
    Map<String, String> chosen = new LinkedHashMap<>(Map.of("width", "32", "kernel", kernel));
    chosen.putAll(options);
    return new KernelTrial(SPEC.withMasking(masking), chosen, B, T, 17, real(masking));
  }

  /** Padding before, within and behind. */
  private static @Nullable INDArray real(Masking masking) {
    if (!masking.padded()) {
      return null;
    }
    INDArray real = Nd4j.ones(B, T);
    real.slice(0).get(interval(T - 9, T)).assign(0);
    real.slice(1).get(interval(0, 4)).assign(0);
    real.slice(1).get(interval(101, 140)).assign(0);
    return real;
  }

  @ParameterizedTest
  @MethodSource("layers")
  void portions_of_any_size_give_what_the_whole_text_gives(
      String kernel, Map<String, String> options, Masking masking) {
    try (KernelTrial layer = layer(kernel, options, masking);
        LayerDecoding decoding = layer.decoding(B, T)) {
      INDArray expected = layer.context();
      int from = 0;
      for (int to : new int[] {1, 2, 7, 8, 50, 51, 52, 53, 306, T}) {
        INDArray context = advance(layer, decoding, from, to, masking);

        assertClose("context from " + from, context, part(expected, from, to), TOLERANCE);
        from = to;
      }
    }
  }

  @Test
  void a_prompt_of_several_worksteps_gives_what_the_whole_text_gives() {
    try (KernelTrial layer = layer("simd", Map.of(), Masking.CAUSAL);
        LayerDecoding decoding = layer.decoding(B, T)) {
      INDArray context = advance(layer, decoding, 0, T, Masking.CAUSAL);

      assertClose("context", context, layer.context(), TOLERANCE);
    }
  }

  @Test
  void forks_after_a_prompt_go_on_by_themselves() {
    Masking masking = Masking.CAUSAL;
    try (KernelTrial layer = layer("simd", Map.of("estimate-every", "3"), masking)) {
      INDArray expected = layer.context();
      LayerDecoding original = layer.decoding(B, T);
      advance(layer, original, 0, 200, masking);
      LayerDecoding strayed = original.fork(List.of(1, 0));
      LayerDecoding faithful = original.fork(List.of(0, 1));

      advance(layer, strayed, 0, 61, masking); // other positions than the original will take
      INDArray ofOriginal = advance(layer, original, 200, 201, masking);
      original.close();
      strayed.close();
      INDArray ofFork = advance(layer, faithful, 200, T, masking);
      faithful.close();

      assertClose("original", ofOriginal, part(expected, 200, 201), TOLERANCE);
      assertClose("fork", ofFork, part(expected, 200, T), TOLERANCE);
    }
  }

  @Test
  void it_holds_keys_and_values_and_sums_of_a_fixed_size() {
    try (KernelTrial layer = layer("simd", Map.of(), Masking.CAUSAL);
        LayerDecoding decoding = layer.decoding(B, T)) {
      long sums = decoding.bytes();

      advance(layer, decoding, 0, T, Masking.CAUSAL);

      long tiles = (T + KeyTiles.ROWS - 1) / KeyTiles.ROWS;
      assertThat(sums).isPositive();
      assertThat(decoding.bytes() - sums).isEqualTo(tiles * KeyTiles.ROWS * 2L * 4 * B * H * D);
    }
  }

  private static INDArray advance(
      KernelTrial layer, LayerDecoding decoding, int from, int to, Masking masking) {
    return decoding.advance(
        part(layer.input(SingleLayer.QUERY), from, to),
        part(layer.input(SingleLayer.KEY), from, to),
        part(layer.input(SingleLayer.VALUE), from, to),
        masking.padded() ? layer.input(SingleLayer.REAL).get(all(), interval(from, to)) : null);
  }

  private static INDArray part(INDArray x, int from, int to) {
    return x.get(all(), all(), interval(from, to), all());
  }
}
