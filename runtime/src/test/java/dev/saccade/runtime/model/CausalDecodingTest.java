package dev.saccade.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.weights.Activation;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.OptConfig.Norms;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.Version;

/** A text read token by token: what it gives, and what ends it. */
@Timeout(60)
class CausalDecodingTest {

  private static final int[] TEXT = {3, 9, 4, 16, 5, 8, 2, 11};
  private static final Duration LONG = Duration.ofSeconds(20);

  private final MechanismRegistry registry = new MechanismRegistry();
  private InstalledMechanism runningSum;
  private PretrainedDecoder pretrained;
  private CausalModel model;

  @BeforeEach
  void open() {
    runningSum = registry.add(RunningSum.mechanism(), Version.emptyVersion, "sum");
    registry.add(TestMechanism.softmax(), Version.emptyVersion, "softmax");
    pretrained = TinyDecoder.open();
    model = model(pretrained);
  }

  private CausalModel model(PretrainedDecoder weights) {
    SlotChoice choice = new SlotChoice("running-sum", Map.of("factor", "0.1"));
    return new CausalModel(weights, registry, List.of(choice, choice), 3);
  }

  @AfterEach
  void close() {
    model.close();
    pretrained.close();
  }

  private static float[] expected(CausalModel model, int tokens) {
    int[] text = Arrays.copyOf(TEXT, tokens);
    return model.logits(TokenBatch.ofIds(List.of(text), 1)).at(0, tokens - 1);
  }

  @Test
  void every_step_gives_the_logits_of_the_text_so_far() {
    try (CausalDecoding decoding = model.decode()) {
      assertThat(decoding.prefill(Arrays.copyOf(TEXT, 5)))
          .containsExactly(expected(model, 5), within(1e-4f));
      for (int t = 5; t < TEXT.length; t++) {
        assertThat(decoding.step(TEXT[t])).containsExactly(expected(model, t + 1), within(1e-4f));
      }
      assertThat(decoding.position()).isEqualTo(8);
      assertThat(decoding.bytes()).isPositive();
    }
  }

  @Test
  void a_model_with_norms_behind_and_small_embeddings_decodes_too() {
    OptConfig config =
        new OptConfig(17, 5, 21, 2, 3, 11, 13, Norms.AFTER, false, Activation.GELU, 1, 2, 2);
    try (PretrainedDecoder weights = TinyDecoder.open(config);
        CausalModel behind = model(weights);
        CausalDecoding decoding = behind.decode()) {
      decoding.prefill(Arrays.copyOf(TEXT, 3));

      assertThat(decoding.step(TEXT[3])).containsExactly(expected(behind, 4), within(1e-4f));
    }
  }

  @Test
  void a_text_goes_on_with_the_mechanism_that_it_began_with() {
    float[] asBegun = expected(model, 6);
    try (CausalDecoding decoding = model.decode()) {
      decoding.prefill(Arrays.copyOf(TEXT, 5));

      model.useAttention("softmax", Map.of());

      assertThat(decoding.step(TEXT[5])).containsExactly(asBegun, within(1e-4f));
      assertThat(expected(model, 6)).isNotEqualTo(asBegun);
    }
  }

  @Test
  void a_bundle_can_leave_while_a_text_waits_and_ends_it() {
    try (CausalDecoding decoding = model.decode();
        CausalDecoding fork = decoding.fork()) {
      decoding.step(3);

      boolean left = registry.remove(runningSum, LONG);

      assertThat(left).isTrue();
      assertThatThrownBy(() -> decoding.step(4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the bundle of a mechanism left");
      assertThatThrownBy(() -> fork.step(4)).isInstanceOf(IllegalStateException.class);
      assertThat(decoding.bytes()).isZero();
    }
  }

  @Test
  void closing_the_model_ends_its_texts() {
    CausalDecoding decoding = model.decode();
    decoding.step(3);

    model.close();

    assertThatThrownBy(() -> decoding.step(4)).isInstanceOf(IllegalStateException.class);
    decoding.close();
  }

  @Test
  void more_tokens_than_there_is_room_for_are_refused_and_none_is_read() {
    try (CausalDecoding decoding = model.decode(5)) {
      decoding.prefill(3, 4, 5);

      assertThatThrownBy(() -> decoding.prefill(6, 7, 8))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("can have 5 tokens, of which 3 are read, but 3 more were given")
          .hasMessageContaining("13 positions");
      assertThatThrownBy(() -> decoding.prefill(6, -1)).hasMessageContaining("but one is -1");
      assertThatThrownBy(decoding::prefill).hasMessageContaining("give at least one");
      assertThat(decoding.prefill(6, 7)).hasSize(17);
      assertThat(decoding.capacity()).isEqualTo(5);
    }
    assertThatThrownBy(() -> model.decode(14)).isInstanceOf(SaccadeException.class);
  }

  @Test
  void a_mechanism_that_does_not_decode_says_so() {
    model.useAttention("softmax", Map.of());

    assertThatThrownBy(model::decode)
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("softmax cannot continue a text token by token");
  }
}
