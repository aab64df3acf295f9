package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.Masking;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.option.Options;
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

    INDArray decoded = decode(layer, null, 0, 5, 6, 7, 19, T);

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

    INDArray decoded = decode(layer, real, 0, 11, 12, T);

    assertClose("context", decoded, layer.context(), TOLERANCE);
  }

  @Test
  void forks_go_on_by_themselves_in_the_order_that_was_asked_for() {
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 2, T, null);
    TestDecoding decoding = decoding(layer, null);
    INDArray expected = layer.context();
    DecodingState original = decoding.open(layer.options());
    decoding.advance(original, 0, 17);

    DecodingState swapped = original.fork(List.of(1, 0));
    decoding.advance(swapped, 20, 23); // other positions than the original will take
    INDArray first = decoding.advance(original, 17, 18);
    DecodingState again = original.fork(List.of(0, 1));
    original.close();
    INDArray rest = decoding.advance(again, 18, T);

    assertThat(swapped.length()).isEqualTo(20);
    assertClose("original", first, part(expected, 17, 18), TOLERANCE);
    assertClose("fork of a closed state", rest, part(expected, 18, T), TOLERANCE);
    again.close();
    swapped.close();
  }

  @Test
  void a_sequence_can_be_forked_more_than_once() {
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 2, T, null);
    TestDecoding decoding = decoding(layer, null);
    try (DecodingState original = decoding.open(layer.options())) {
      decoding.advance(original, 0, 17);

      try (DecodingState twice = original.fork(List.of(1, 1))) {
        INDArray context = decoding.advance(twice, 17, 18);

        // Queries, keys and values differ from sequence to sequence; what came before does not.
        INDArray expected = part(layer.context(), 17, 18);
        assertClose("the second", context.slice(1), expected.slice(1), TOLERANCE);
        assertThat(context.slice(0).distance2(expected.slice(0))).isGreaterThan(1e-3);
      }
    }
  }

  @Test
  void a_closed_state_takes_nothing_more() {
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 1, T, null);
    TestDecoding decoding = decoding(layer, null);
    DecodingState state = decoding.open(layer.options());

    state.close();

    assertThatThrownBy(() -> decoding.advance(state, 0, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void positions_beyond_those_learned_are_refused_with_both_numbers() {
    int length = RandomLayer.POSITIONS;
    RandomLayer layer = RandomLayer.of(options(), Masking.CAUSAL, 1, length, null);
    TestDecoding decoding = decoding(layer, null);
    try (DecodingState state = decoding.open(layer.options())) {
      decoding.advance(state, 0, length);

      assertThatThrownBy(() -> decoding.advance(state, 0, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("learned %d positions".formatted(length))
          .hasMessageContaining("asked for %d".formatted(length + 1));
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
    return new TestDecoding(
        layer.graph().spec(),
        layer.graph().arrays(),
        layer.input("query"),
        layer.input("key"),
        layer.input("value"),
        real);
  }

  /** The contexts of all positions, taken up to one end after the other. */
  private static INDArray decode(RandomLayer layer, @Nullable INDArray real, int... ends) {
    TestDecoding decoding = decoding(layer, real);
    INDArray[] contexts = new INDArray[ends.length - 1];
    try (DecodingState state = decoding.open(layer.options())) {
      for (int part = 0; part < contexts.length; part++) {
        contexts[part] = decoding.advance(state, ends[part], ends[part + 1]);
        assertThat(state.length()).isEqualTo(ends[part + 1]);
      }
    }
    return Nd4j.concat(2, contexts);
  }

  private static INDArray part(INDArray context, int from, int to) {
    return context.get(all(), all(), interval(from, to), all());
  }
}
