package dev.saccade.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Initializer;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.Shape;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.DenseOracle;
import dev.saccade.runtime.fixture.LayerWithParameters;
import dev.saccade.runtime.fixture.PlainSoftmax;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyEncoder;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Version;

@Timeout(60)
class EncoderModelTest {

  private static final String SHORT = "the eye";
  private static final String LONG = "the eye jumps to the few points";
  private static final int LAYERS = 2;
  private static final int H = 3;
  private static final int D = 7;
  private static final int C = H * D;

  @TempDir static Path directory;

  private static PretrainedModel pretrained;

  private final MechanismRegistry registry = new MechanismRegistry();
  private EncoderModel model;

  @BeforeAll
  static void open() {
    pretrained = TinyEncoder.open(directory);
  }

  @AfterAll
  static void closeWeights() {
    pretrained.close();
  }

  @BeforeEach
  void create() {
    install(TestMechanism.softmax(), "1.0.0");
    install(identity("values"), "1.0.0");
    model = everywhere("softmax");
  }

  @AfterEach
  void close() {
    model.close();
  }

  private InstalledMechanism install(TestMechanism mechanism, String version) {
    return registry.add(mechanism, Version.parseVersion(version), "test");
  }

  /** Every position attends to itself alone. */
  private static TestMechanism identity(String name) {
    return TestMechanism.of(
        name,
        (graph, query, key, value, mask) -> {
          assertThat(mask.keys()).isPresent();
          return AttentionOutput.of(value);
        });
  }

  private EncoderModel everywhere(String mechanism) {
    SlotChoice choice = new SlotChoice(mechanism, Map.of());
    return new EncoderModel(pretrained, registry, List.of(choice, choice), 3);
  }

  private static float[] hidden(EncoderModel model, String text) {
    Encoding encoding = model.encode(text);
    float[] all = new float[encoding.tokens().get(0).length() * C];
    for (int t = 0; t < all.length / C; t++) {
      System.arraycopy(encoding.hidden(0, t), 0, all, t * C, C);
    }
    return all;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  private static TokenSequence tokens(String text) {
    return pretrained.tokenizer().encode(text);
  }

  @Test
  void a_text_is_encoded_alone_as_in_a_padded_batch() {
    float[] alone = hidden(model, SHORT);

    Encoding batch = model.encode(List.of(LONG, SHORT));

    assertThat(batch.tokens()).extracting(TokenSequence::length).containsExactly(9, 4);
    for (int t = 0; t < 4; t++) {
      assertThat(batch.hidden(1, t))
          .containsExactly(Arrays.copyOfRange(alone, t * C, (t + 1) * C), within(2e-6f));
    }
    assertThat(batch.sentence(1)).containsExactly(model.encode(SHORT).sentence(0), within(2e-6f));
  }

  @Test
  void a_sentence_is_the_mean_over_its_tokens_and_has_length_one() {
    Encoding encoding = model.encode(List.of(LONG, SHORT));

    for (int text = 0; text < 2; text++) {
      float[] sentence = encoding.sentence(text);
      double[] sum = new double[C];
      for (int t = 0; t < encoding.tokens().get(text).length(); t++) {
        float[] token = encoding.hidden(text, t);
        Arrays.setAll(sum, i -> sum[i] + token[i]);
      }
      double norm = Math.sqrt(Arrays.stream(sum).map(x -> x * x).sum());
      assertThat(Arrays.stream(doubles(sentence)).map(x -> x * x).sum()).isCloseTo(1, within(1e-6));
      assertThat(doubles(sentence))
          .containsExactly(Arrays.stream(sum).map(x -> x / norm).toArray(), within(1e-6));
    }
    assertThat(encoding.hiddenSize()).isEqualTo(C);
    assertThat(encoding.peakBytes()).isPositive();
  }

  @Test
  void padding_has_no_hidden_state_to_ask_for() {
    Encoding encoding = model.encode(List.of(LONG, SHORT));

    assertThatThrownBy(() -> encoding.hidden(1, 4))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("text 1 has positions 0 … 3 but 4 was asked for");
  }

  @Test
  void a_trace_has_every_state_in_its_shape() {
    int t = 9;

    Trace trace =
        model.trace(List.of(tokens(LONG), tokens(SHORT)), Set.of(Probe.ATTENTION, Probe.KEPT));

    assertThat(trace.batch()).isEqualTo(2);
    assertThat(trace.positions()).isEqualTo(t);
    assertThat(trace.hidden())
        .hasSize(LAYERS + 1)
        .allSatisfy(hidden -> assertThat(hidden).hasSize(2 * t * C));
    assertThat(trace.layers())
        .hasSize(LAYERS)
        .allSatisfy(
            layer -> {
              assertThat(layer.query()).hasSize(2 * H * t * D);
              assertThat(layer.key()).hasSize(2 * H * t * D);
              assertThat(layer.value()).hasSize(2 * H * t * D);
              assertThat(layer.context()).hasSize(2 * H * t * D);
              assertThat(layer.probe(Probe.ATTENTION))
                  .hasValueSatisfying(weights -> assertThat(weights).hasSize(2 * H * t * t));
              assertThat(layer.probe(Probe.KEPT)).isEmpty();
            });
  }

  @Test
  void a_trace_shows_what_enters_and_leaves_every_slot() {
    int t = 9;
    DenseOracle oracle = new DenseOracle(2, H, t, t, D);

    Trace trace = model.trace(List.of(tokens(LONG), tokens(SHORT)), Set.of(Probe.ATTENTION));

    for (Trace.OfLayer layer : trace.layers()) {
      double[] weights =
          oracle.weights(
              doubles(layer.query()), doubles(layer.key()), DenseOracle.hidingLast(t, 0, 5));
      assertThat(DenseOracle.distance(weights, doubles(layer.probe(Probe.ATTENTION).orElseThrow())))
          .isLessThan(1e-5);
      assertThat(
              DenseOracle.distance(
                  oracle.context(weights, doubles(layer.value())), doubles(layer.context())))
          .isLessThan(1e-4);
      assertThat(Arrays.stream(weights).max().orElseThrow()).isGreaterThan(0.3);
    }
  }

  @Test
  void the_last_state_of_a_trace_is_the_encoding() {
    Trace trace = model.trace(List.of(tokens(SHORT)), Set.of());

    assertThat(trace.hidden().get(LAYERS)).containsExactly(hidden(model, SHORT), within(1e-6f));
  }

  @Test
  void a_text_beyond_the_models_positions_is_cut() {
    Encoding encoding = model.encode(LONG + " that deserve a look, a look, a look!");

    assertThat(encoding.tokens().get(0).length()).isEqualTo(13);
    assertThat(encoding.tokens().get(0).tokens()).endsWith("[SEP]");
  }

  @Test
  void tokens_beyond_the_models_positions_are_refused() {
    List<TokenSequence> batch = List.of(tokens(SHORT), tokens(LONG + " " + LONG));

    assertThatThrownBy(() -> model.encodeTokens(batch))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "every text must have 1 to 13 tokens, the positions of this model, but text 1 has 16");
    assertThatThrownBy(() -> model.trace(batch, Set.of())).isInstanceOf(SaccadeException.class);
  }

  @Test
  void a_batch_without_a_text_is_refused() {
    assertThatThrownBy(() -> model.encode(List.of()))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("there is no text in the batch; give at least one");
    assertThatThrownBy(() -> model.trace(List.of(), Set.of())).isInstanceOf(SaccadeException.class);
  }

  @Test
  void equal_texts_give_equal_bits() {
    assertThat(hidden(model, LONG)).isEqualTo(hidden(model, LONG));
  }

  @Test
  void every_layer_needs_a_choice() {
    SlotChoice choice = new SlotChoice("softmax", Map.of());

    assertThatThrownBy(() -> new EncoderModel(pretrained, registry, List.of(choice), 3))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("there must be one choice for each of the 2 layers but there are 1");
  }

  @Test
  void another_model_on_the_same_weights_leaves_this_one_alone() {
    float[] exact = hidden(model, LONG);

    try (EncoderModel other = model.withAttention("values")) {
      assertThat(hidden(other, LONG)).isNotEqualTo(exact);
      assertThat(other.pretrained()).isSameAs(pretrained);
    }

    assertThat(hidden(model, LONG)).isEqualTo(exact);
  }

  @Test
  void a_swap_takes_effect_and_can_be_taken_back() {
    float[] exact = hidden(model, LONG);

    model.useAttention("values", Map.of());
    float[] swapped = hidden(model, LONG);
    model.useAttention("softmax", Map.of());

    assertThat(swapped).isNotEqualTo(exact);
    assertThat(hidden(model, LONG)).isEqualTo(exact);
  }

  @Test
  void layers_may_hold_different_mechanisms() {
    List<SlotChoice> hybrid =
        List.of(new SlotChoice("softmax", Map.of()), new SlotChoice("values", Map.of()));

    model.useAttention(hybrid);

    Trace trace = model.trace(List.of(tokens(LONG)), Set.of(Probe.ATTENTION));
    assertThat(trace.layers().get(0).probe(Probe.ATTENTION)).isPresent();
    assertThat(trace.layers().get(1).probe(Probe.ATTENTION)).isEmpty();
    assertThat(trace.layers().get(1).context()).isEqualTo(trace.layers().get(1).value());
    assertThat(model.choices()).isEqualTo(hybrid);
  }

  @Test
  void a_swap_that_is_refused_changes_nothing() {
    float[] exact = hidden(model, LONG);
    TestMechanism softmax = TestMechanism.softmax();
    install(
        TestMechanism.of("causal", new PlainSoftmax())
            .withCapabilities(softmax.capabilities().withMaskings(Masking.CAUSAL)),
        "1.0.0");

    assertThatThrownBy(() -> model.useAttention("causal", Map.of()))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("causal cannot fill")
        .hasMessageContaining("masking PADDING is not one of [CAUSAL]");
    assertThatThrownBy(() -> model.useAttention("flsh", Map.of()))
        .hasMessageContaining("no mechanism is named \"flsh\"; installed: ");

    assertThat(hidden(model, LONG)).isEqualTo(exact);
    assertThat(model.choices()).extracting(SlotChoice::mechanism).containsOnly("softmax");
  }

  @Test
  void a_newer_version_is_used_as_soon_as_it_is_installed() {
    float[] exact = hidden(model, LONG);

    InstalledMechanism newer = install(identity("softmax"), "2.0.0");
    float[] renewed = hidden(model, LONG);
    registry.remove(newer, Duration.ofSeconds(5));

    assertThat(renewed).isNotEqualTo(exact);
    assertThat(hidden(model, LONG)).isEqualTo(exact);
  }

  @Test
  void a_model_that_refuses_says_what_was_removed() {
    model.whenGone(WhenGone.refusing());

    registry.remove(registry.require("softmax"), Duration.ofSeconds(5));

    assertThatThrownBy(() -> model.encode(SHORT))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("mechanism softmax has been removed");
  }

  @Test
  void a_model_falls_back_until_its_mechanism_returns() {
    float[] exact = hidden(model, LONG);
    model.whenGone(WhenGone.fallingBackTo("values"));

    registry.remove(registry.require("softmax"), Duration.ofSeconds(5));
    float[] substitute = hidden(model, LONG);
    install(TestMechanism.softmax(), "1.0.1");

    assertThat(substitute).isNotEqualTo(exact);
    assertThat(hidden(model, LONG)).isEqualTo(exact);
  }

  @Test
  void parameters_that_a_mechanism_brings_are_counted_and_survive_an_update() {
    Parameter gain = Parameter.trained("gain", Shape.of(D), Initializer.normal(1));
    install(TestMechanism.of("gaining", new LayerWithParameters(List.of(gain))), "1.0.0");
    assertThat(model.addedParameters()).isZero();

    try (EncoderModel gaining = model.withAttention("gaining")) {
      float[] before = hidden(gaining, LONG);
      install(TestMechanism.of("gaining", new LayerWithParameters(List.of(gain))), "1.1.0");

      assertThat(hidden(gaining, LONG)).isEqualTo(before);
      assertThat(gaining.addedParameters()).isEqualTo(LAYERS * D);
    }
  }

  @Test
  void a_closed_model_refuses_calls() {
    EncoderModel closed = everywhere("softmax");

    closed.close();

    assertThatThrownBy(() -> closed.encode(SHORT)).isInstanceOf(IllegalStateException.class);
  }
}
