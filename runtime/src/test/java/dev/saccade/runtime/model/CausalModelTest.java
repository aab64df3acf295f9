package dev.saccade.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.Version;

/** What a causal model says of whole texts; {@link CausalDecodingTest} reads token by token. */
@Timeout(60)
class CausalModelTest {

  private static final OptConfig CONFIG = TinyDecoder.CONFIG;
  private static final int V = CONFIG.vocabularySize();
  private static final int[] LONG = {3, 9, 4, 16, 5, 8, 2};
  private static final int[] SHORT = {7, 3, 12};

  private final MechanismRegistry registry = new MechanismRegistry();
  private PretrainedDecoder pretrained;
  private CausalModel model;

  @BeforeEach
  void open() {
    registry.add(TestMechanism.softmax(), Version.emptyVersion, "test");
    pretrained = TinyDecoder.open();
    SlotChoice choice = new SlotChoice("softmax", Map.of());
    model = new CausalModel(pretrained, registry, Collections.nCopies(CONFIG.layers(), choice), 3);
  }

  @AfterEach
  void close() {
    model.close();
    pretrained.close();
  }

  private static TokenBatch batch(int[]... texts) {
    return TokenBatch.ofIds(List.of(texts), CONFIG.paddingId());
  }

  @Test
  void a_text_is_the_same_alone_padded_behind_and_padded_in_front() {
    Logits alone = model.logits(batch(SHORT));

    Logits behind = model.logits(batch(LONG, SHORT));
    Logits inFront =
        model.logits(
            TokenBatch.padded(
                new int[][] {LONG, {1, 1, 1, 1, 7, 3, 12}},
                new int[][] {{1, 1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 1, 1, 1}}));

    for (int t = 0; t < SHORT.length; t++) {
      assertThat(behind.at(1, t)).containsExactly(alone.at(0, t), within(5e-5f));
      assertThat(inFront.at(1, 4 + t)).containsExactly(alone.at(0, t), within(5e-5f));
    }
  }

  @Test
  void a_later_token_does_not_change_what_is_expected_before_it() {
    int[] other = LONG.clone();
    other[5] = 6;

    Logits one = model.logits(batch(LONG));
    Logits two = model.logits(batch(other));

    for (int t = 0; t < 5; t++) {
      assertThat(two.at(0, t)).containsExactly(one.at(0, t), within(1e-6f));
    }
    assertThat(two.at(0, 5)).isNotEqualTo(one.at(0, 5));
  }

  @Test
  void surprisal_is_minus_the_logarithm_of_the_next_tokens_share() {
    Logits logits = model.logits(batch(LONG, SHORT));

    float[] surprisals = model.surprisals(batch(LONG, SHORT));

    assertThat(surprisals).hasSize(2 * LONG.length);
    for (int t = 0; t + 1 < LONG.length; t++) {
      assertThat((double) surprisals[t])
          .isCloseTo(surprisal(logits.at(0, t), LONG[t + 1]), within(1e-4));
    }
    for (int t = 0; t + 1 < SHORT.length; t++) {
      assertThat((double) surprisals[LONG.length + t])
          .isCloseTo(surprisal(logits.at(1, t), SHORT[t + 1]), within(1e-4));
    }
    assertThat(surprisals[LONG.length - 1]).isZero();
    for (int t = SHORT.length - 1; t < LONG.length; t++) {
      assertThat(surprisals[LONG.length + t]).isZero();
    }
  }

  private static double surprisal(float[] logits, int token) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      greatest = Math.max(greatest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - greatest);
    }
    return greatest + Math.log(sum) - logits[token];
  }

  @Test
  void a_trace_shows_what_enters_and_leaves_every_slot() {
    Trace trace = model.trace(batch(LONG), Set.of(Probe.ATTENTION));

    assertThat(trace.hidden()).hasSize(3).allMatch(hidden -> hidden.length == 7 * 21);
    assertThat(trace.layers()).hasSize(2);
    float[] attention = trace.layers().get(1).probe(Probe.ATTENTION).orElseThrow();
    assertThat(attention).hasSize(3 * 7 * 7);
    assertThat(attention[1]).as("of the first token to the second").isZero();
    assertThat(attention[0]).isCloseTo(1, within(1e-6f));
  }

  @Test
  void a_text_beyond_the_positions_or_outside_the_vocabulary_is_refused() {
    assertThatThrownBy(() -> model.logits(batch(SHORT, new int[14])))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("1 to 13 tokens")
        .hasMessageContaining("text 1 has 14");
    assertThatThrownBy(() -> model.logits(batch(SHORT, new int[] {4, V})))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("from 0 to 16")
        .hasMessageContaining("token 1 of text 1 is 17");
    assertThatThrownBy(() -> model.logits(batch(new int[0])))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("text 0 has none");
  }

  @Test
  void attention_can_be_exchanged_while_it_serves() {
    registry.add(
        TestMechanism.of(
            "values",
            (graph, query, key, value, mask) -> {
              assertThat(mask.keys()).isPresent();
              return AttentionOutput.of(value);
            }),
        Version.emptyVersion,
        "test");
    float[] before = model.logits(batch(LONG)).values();

    try (CausalModel other = model.withAttention("values", Map.of())) {
      model.useAttention("values", Map.of());

      assertThat(model.logits(batch(LONG)).values())
          .isEqualTo(other.logits(batch(LONG)).values())
          .isNotEqualTo(before);
    }
  }
}
