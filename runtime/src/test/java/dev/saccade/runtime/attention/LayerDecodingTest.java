package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TestMechanism;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LayerDecodingTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int T = 11;
  private static final int D = 7;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D)
          .withElementType(ElementType.F64)
          .withMaxPositions(T)
          .withMasking(Masking.CAUSAL);

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels = PluginKernels.register("none", "the test", List.of());

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @AfterEach
  void close() {
    kernels.retire(Duration.ZERO);
    parameters.close();
  }

  private AttentionSlot slot(AttentionSpec spec) {
    return new SlotFactory(parameters)
        .fill("layer.0", RunningSum.mechanism(), kernels, spec, Map.of());
  }

  private static LayerDecoding open(AttentionSlot slot) {
    return slot.decoding(B, T).orElseThrow();
  }

  /** {@code [B, H, T, D]}, the same every time. */
  private static INDArray values() {
    Random random = new Random(5);
    double[] numbers = new double[B * H * T * D];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextGaussian();
    }
    return Nd4j.create(numbers, new long[] {B, H, T, D}, DataType.DOUBLE);
  }

  private static INDArray part(INDArray x, int from, int to) {
    return x.get(all(), all(), interval(from, to), all());
  }

  private static INDArray sequences(INDArray x, int... chosen) {
    INDArray sequences = Nd4j.create(DataType.DOUBLE, chosen.length, H, x.size(2), D);
    for (int i = 0; i < chosen.length; i++) {
      sequences.slice(i).assign(x.slice(chosen[i]));
    }
    return sequences;
  }

  private static INDArray take(LayerDecoding decoding, INDArray x) {
    return decoding.advance(x, x, x, null);
  }

  private static INDArray whole(
      AttentionSlot slot, INDArray query, INDArray key, INDArray value, @Nullable INDArray real) {
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    inputs.put(SingleLayer.QUERY, query);
    inputs.put(SingleLayer.KEY, key);
    inputs.put(SingleLayer.VALUE, value);
    if (real != null) {
      inputs.put(SingleLayer.REAL, real);
    }
    try (SingleLayer layer = new SingleLayer(slot, LayerSize.self(B, T), Set.of());
        GraphOutputs outputs = layer.run(inputs)) {
      return outputs.copy(SingleLayer.CONTEXT);
    }
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.dup('c').data().asDouble())
        .containsExactly(expected.dup('c').data().asDouble(), within(1e-13));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, T})
  void portions_of_any_size_give_what_the_whole_gives(int portion) {
    INDArray x = values();
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding decoding = open(slot)) {
      INDArray expected = whole(slot, x, x, x, null);

      for (int from = 0; from < T; from += portion) {
        int to = Math.min(from + portion, T);
        INDArray context = take(decoding, part(x, from, to));

        assertClose(context, part(expected, from, to));
        assertThat(decoding.length()).isEqualTo(to);
      }
    }
  }

  @Test
  void padding_is_seen_by_the_layer() {
    AttentionSpec padded = SPEC.withMasking(Masking.CAUSAL_PADDING);
    INDArray x = values();
    INDArray real = Nd4j.ones(DataType.DOUBLE, B, T);
    real.putScalar(1, 0, 0).putScalar(1, 3, 0);
    try (AttentionSlot slot = slot(padded);
        LayerDecoding decoding = open(slot)) {
      INDArray expected = whole(slot, x, x, x, real);

      INDArray context = decoding.advance(x, x, x, real);

      assertClose(context, expected);
    }
  }

  @Test
  void arrays_in_any_order_of_memory_are_taken() {
    INDArray transposed = values().permute(0, 2, 1, 3).dup('c').permute(0, 2, 1, 3);
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding one = open(slot);
        LayerDecoding other = open(slot)) {

      assertClose(take(one, transposed), take(other, values()));
    }
  }

  @Test
  void forks_go_on_by_themselves_with_the_sequences_asked_for() {
    INDArray x = values();
    INDArray next = part(x, 5, 6).dup('c');
    try (AttentionSlot slot = slot(SPEC)) {
      INDArray expected = part(whole(slot, x, x, x, null), 5, 6).dup('c');
      LayerDecoding original = open(slot);
      take(original, part(x, 0, 5));

      LayerDecoding twice = original.fork(List.of(1, 1, 0));
      INDArray goneOn = take(original, next);
      original.close();
      INDArray forked = take(twice, sequences(next, 1, 1, 0));

      assertClose(goneOn, expected);
      assertThat(twice.batch()).isEqualTo(3);
      assertThat(twice.length()).isEqualTo(6);
      assertClose(forked.slice(0), expected.slice(1));
      assertClose(forked.slice(1), expected.slice(1));
      assertClose(forked.slice(2), expected.slice(0));
      twice.close();
    }
  }

  @Test
  void a_live_option_counts_as_it_is_when_decoding_begins() {
    INDArray x = values();
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding before = open(slot)) {
      slot.change(RunningSum.FACTOR, "2");
      try (LayerDecoding after = open(slot)) {

        assertClose(take(after, x), take(before, x).mul(2));
      }
    }
  }

  @Test
  void a_layer_that_cannot_decode_says_so() {
    try (AttentionSlot slot =
        new SlotFactory(parameters)
            .fill("layer.0", TestMechanism.softmax(), kernels, SPEC, Map.of())) {
      assertThat(slot.decoding(B, T)).isEmpty();
    }
  }

  @Test
  void more_positions_than_the_model_admits_are_refused_at_once() {
    try (AttentionSlot slot = slot(SPEC)) {
      assertThatThrownBy(() -> slot.decoding(B, T + 1))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("between 1 and 11 positions")
          .hasMessageContaining("batch=2, capacity=12");
    }
  }

  @Test
  void a_position_beyond_the_capacity_is_refused_and_those_before_stay() {
    INDArray x = values();
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding decoding = slot.decoding(B, 5).orElseThrow()) {
      take(decoding, part(x, 0, 4));

      assertThatThrownBy(() -> take(decoding, part(x, 4, 6)))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("decodes 5 positions, of which 4 are taken, but was given 2 more");
      assertThat(take(decoding, part(x, 4, 5)).shape()).containsExactly(B, H, 1, D);
    }
  }

  @Test
  void wrong_shapes_and_types_are_refused_by_name() {
    INDArray x = values();
    INDArray two = part(x, 0, 2);
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding decoding = open(slot)) {
      assertThatThrownBy(() -> decoding.advance(two, part(x, 0, 3), two, null))
          .isInstanceOf(SaccadeException.class)
          .hasMessage(
              "running-sum: key must be DOUBLE [B, K, n, D] = [2, 3, 2, 7] but is DOUBLE"
                  + " [2, 3, 3, 7]");
      assertThatThrownBy(() -> decoding.advance(two, two, two.castTo(DataType.FLOAT), null))
          .hasMessageContaining("value must be DOUBLE")
          .hasMessageContaining("but is FLOAT");
      assertThatThrownBy(() -> take(decoding, two.reshape(B, H, 2 * D)))
          .hasMessageContaining("query must be [B, H, n, D] = [2, 3, n, 7]");
      assertThat(decoding.length()).isZero();
    }
  }

  @Test
  void padding_is_refused_where_the_layer_knows_none() {
    INDArray x = values();
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding decoding = open(slot)) {
      assertThatThrownBy(() -> decoding.advance(x, x, x, Nd4j.ones(DataType.DOUBLE, B, T)))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("built for masking CAUSAL, which has no padding");
    }
  }

  @Test
  void sequences_that_are_not_there_cannot_be_forked() {
    try (AttentionSlot slot = slot(SPEC);
        LayerDecoding decoding = open(slot)) {
      assertThatThrownBy(() -> decoding.fork(List.of(0, 2)))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("sequences 0 … 1 but was asked for [0, 2]");
      assertThatThrownBy(() -> decoding.fork(List.of())).isInstanceOf(SaccadeException.class);
    }
  }

  @Test
  void a_closed_decoding_takes_nothing_more_and_may_be_closed_again() {
    try (AttentionSlot slot = slot(SPEC)) {
      LayerDecoding decoding = open(slot);

      decoding.close();
      decoding.close();

      assertThatThrownBy(() -> take(decoding, values()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("running-sum is closed");
      assertThatThrownBy(() -> decoding.fork(List.of(0))).isInstanceOf(IllegalStateException.class);
    }
  }
}
