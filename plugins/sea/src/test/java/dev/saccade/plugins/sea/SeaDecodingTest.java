package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.Masking;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.LayerDecoding;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SeaDecodingTest {

  private static final int T = 37;
  private static final double TOLERANCE = 1e-11;

  static List<Options> variants() {
    return CausalLayerTest.variants();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void a_prompt_and_single_steps_give_what_the_recipe_gives(Options options) {
    RandomLayer layer = RandomLayer.of(options, Masking.CAUSAL, 2, T, null);

    INDArray decoded = decode(layer, options, null, 0, 5, 6, 7, 19, T);

    assertClose("context", decoded, layer.context(), TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void padding_anywhere_gives_what_the_recipe_gives(Options options) {
    INDArray real = Nd4j.ones(2, T);
    real.slice(0).get(interval(T - 9, T)).assign(0);
    real.slice(1).get(interval(0, 4)).assign(0);
    real.slice(1).get(interval(11, 13)).assign(0);
    RandomLayer layer = RandomLayer.of(options, Masking.CAUSAL_PADDING, 2, T, real);

    INDArray decoded = decode(layer, options, real, 0, 11, 12, T);

    assertClose("context", decoded, layer.context(), TOLERANCE);
  }

  @Test
  void a_live_k_is_as_it_was_set_last() {
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 2, T, null);
    Options other = options().with(SeaOptions.KEPT, RandomLayer.K + 5);
    try (TestDecoding text = decoding(layer, other, null)) {
      text.slot().change(SeaOptions.KEPT, Integer.toString(RandomLayer.K));

      try (LayerDecoding decoding = text.open()) {
        assertClose("context", text.advance(decoding, 0, T), layer.context(), TOLERANCE);
      }
    }
  }

  @Test
  void forks_go_on_by_themselves_in_the_order_that_was_asked_for() {
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 2, T, null);
    INDArray expected = layer.context();
    try (TestDecoding text = decoding(layer, null)) {
      LayerDecoding original = text.open();
      text.advance(original, 0, 17);

      LayerDecoding swapped = original.fork(List.of(1, 0));
      text.advance(swapped, 20, 23); // other positions than the original will take
      INDArray first = text.advance(original, 17, 18);
      LayerDecoding again = original.fork(List.of(0, 1));
      original.close();
      INDArray rest = text.advance(again, 18, T);

      assertThat(swapped.length()).isEqualTo(20);
      assertClose("original", first, part(expected, 17, 18), TOLERANCE);
      assertClose("fork of a closed state", rest, part(expected, 18, T), TOLERANCE);
      again.close();
      swapped.close();
    }
  }

  @Test
  void a_sequence_can_be_forked_more_than_once() {
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 2, T, null);
    try (TestDecoding text = decoding(layer, null);
        LayerDecoding original = text.open()) {
      text.advance(original, 0, 17);

      try (LayerDecoding twice = original.fork(List.of(1, 1))) {
        INDArray context = text.advance(twice, 17, 18);

        // Queries, keys and values differ from sequence to sequence; what came before does not.
        INDArray expected = part(layer.context(), 17, 18);
        assertClose("the second", context.slice(1), expected.slice(1), TOLERANCE);
        assertThat(context.slice(0).distance2(expected.slice(0))).isGreaterThan(1e-3);
      }
    }
  }

  @Test
  void attention_that_looks_ahead_does_not_decode() {
    SeaLayer layer = new SeaLayer(RandomLayer.spec(Masking.PADDING), SeaOptions.from(options()));

    assertThat(layer.incremental()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1e-9, 1.1283791670955126e-9",
    "0.5, 0.5204998778130465",
    "-1, -0.8427007929497149",
    "3, 0.9999779095030014",
    "5.9, 1",
    "40, 1",
  })
  void the_error_function_is_right_to_all_digits(double x, double expected) {
    assertThat(Numbers.erf(x)).isCloseTo(expected, within(4e-16));
  }

  private static Options options() {
    return Options.parse(SeaOptions.SCHEMA, Map.of("width", "8"));
  }

  private static TestDecoding decoding(RandomLayer layer, @Nullable INDArray real) {
    return decoding(layer, options().with(SeaOptions.KEPT, RandomLayer.K), real);
  }

  private static TestDecoding decoding(
      RandomLayer layer, Options options, @Nullable INDArray real) {
    return new TestDecoding(
        layer.graph().spec(),
        options,
        layer.graph().arrays(),
        layer.input("query"),
        layer.input("key"),
        layer.input("value"),
        real);
  }

  /** The contexts of all positions, taken up to one end after the other. */
  private static INDArray decode(
      RandomLayer layer, Options options, @Nullable INDArray real, int... ends) {
    INDArray[] contexts = new INDArray[ends.length - 1];
    try (TestDecoding text = decoding(layer, options.with(SeaOptions.KEPT, RandomLayer.K), real);
        LayerDecoding decoding = text.open()) {
      for (int part = 0; part < contexts.length; part++) {
        contexts[part] = text.advance(decoding, ends[part], ends[part + 1]);
        assertThat(decoding.length()).isEqualTo(ends[part + 1]);
      }
    }
    return Nd4j.concat(2, contexts);
  }

  private static INDArray part(INDArray context, int from, int to) {
    return context.get(all(), all(), interval(from, to), all());
  }
}
