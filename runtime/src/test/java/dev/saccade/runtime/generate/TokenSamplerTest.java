package dev.saccade.runtime.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenSamplerTest {

  private static final Offset<Double> EXACT = within(1e-6);
  private static final int[] NO_PROMPT = {};

  /** Probabilities 0.15, 0.5, 0.05 and 0.3, with a constant that the softmax takes away. */
  private static final float[] LOGITS = {
    (float) Math.log(0.15) + 3,
    (float) Math.log(0.5) + 3,
    (float) Math.log(0.05) + 3,
    (float) Math.log(0.3) + 3
  };

  private static double[] probabilities(Sampling sampling) {
    return new TokenSampler(sampling, NO_PROMPT, 4).probabilities(LOGITS);
  }

  @Test
  void at_temperature_one_the_model_is_taken_at_its_word() {
    assertThat(probabilities(Sampling.at(1, 0)))
        .containsExactly(new double[] {.15, .5, .05, .3}, EXACT);
  }

  @Test
  void a_temperature_of_a_half_squares_probabilities() {
    double sum = .0225 + .25 + .0025 + .09;

    assertThat(probabilities(Sampling.at(0.5, 0)))
        .containsExactly(new double[] {.0225 / sum, .25 / sum, .0025 / sum, .09 / sum}, EXACT);
  }

  @Test
  void a_tiny_temperature_is_greedy_and_not_infinite() {
    assertThat(probabilities(Sampling.at(Double.MIN_NORMAL, 0)))
        .containsExactly(new double[] {0, 1, 0, 0}, EXACT);
  }

  @Test
  void top_k_keeps_the_likeliest_in_proportion() {
    assertThat(probabilities(Sampling.at(1, 0).withTopK(2)))
        .containsExactly(new double[] {0, .625, 0, .375}, EXACT);
    assertThat(probabilities(Sampling.at(1, 0).withTopK(9)))
        .containsExactly(new double[] {.15, .5, .05, .3}, EXACT);
  }

  @Test
  void of_equals_top_k_keeps_those_with_lower_ids() {
    double[] kept =
        new TokenSampler(Sampling.at(1, 0).withTopK(3), NO_PROMPT, 5)
            .probabilities(new float[] {-2, 0, -0f, 1, 0});

    assertThat(kept[1]).isPositive().isEqualTo(kept[2], EXACT);
    assertThat(kept[0]).isZero();
    assertThat(kept[4]).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "0.3,  0,   1,    0, 0", // the first token is always in the nucleus
    "0.51, 0,   .625, 0, .375",
    "0.79, 0,   .625, 0, .375",
    "0.81, .15, .5,   0, .3",
    "0.96, .15, .5, .05, .3"
  })
  void top_p_keeps_the_smallest_set_with_that_probability(
      double p, double first, double second, double third, double fourth) {
    double sum = first + second + third + fourth;

    assertThat(probabilities(Sampling.at(1, 0).withTopP(p)))
        .containsExactly(
            new double[] {first / sum, second / sum, third / sum, fourth / sum}, EXACT);
  }

  @Test
  void top_p_is_of_what_top_k_has_left() {
    // Of 0.5 and 0.3 the first has 0.625, which is enough; of all it has only 0.5.
    assertThat(probabilities(Sampling.at(1, 0).withTopK(2).withTopP(0.6)))
        .containsExactly(new double[] {0, 1, 0, 0}, EXACT);
    assertThat(probabilities(Sampling.at(1, 0).withTopP(0.6)))
        .containsExactly(new double[] {0, .625, 0, .375}, EXACT);
  }

  @Test
  void a_token_of_the_text_is_penalised_towards_unlikely_whatever_its_sign() {
    Sampling sampling = Sampling.at(1, 0).withRepetitionPenalty(2);
    float[] logits = {2, -1, 1, -1};

    double[] found = new TokenSampler(sampling, new int[] {0, 1}, 4).probabilities(logits);

    double sum = Math.exp(1) + Math.exp(-2) + Math.exp(1) + Math.exp(-1);
    assertThat(found)
        .containsExactly(
            new double[] {
              Math.exp(1) / sum, Math.exp(-2) / sum, Math.exp(1) / sum, Math.exp(-1) / sum
            },
            EXACT);
  }

  @Test
  void a_token_that_was_chosen_is_penalised_from_then_on() {
    TokenSampler greedy = new TokenSampler(Sampling.GREEDY.withRepetitionPenalty(3), NO_PROMPT, 3);
    float[] logits = {1, 2, 0.5f};

    assertThat(new int[] {greedy.next(logits), greedy.next(logits), greedy.next(logits)})
        .containsExactly(1, 0, 1);
  }

  @Test
  void greedy_takes_the_likeliest_and_of_equals_the_first() {
    TokenSampler greedy = new TokenSampler(Sampling.GREEDY, NO_PROMPT, 5);

    assertThat(greedy.next(new float[] {0, 3, 1, 3, -9})).isEqualTo(1);
  }

  @Test
  void tokens_are_drawn_as_often_as_they_are_likely() {
    TokenSampler sampler = new TokenSampler(Sampling.at(1, 7), NO_PROMPT, 4);
    int draws = 20_000;
    double[] share = new double[4];

    for (int i = 0; i < draws; i++) {
      share[sampler.next(LOGITS)] += 1.0 / draws;
    }

    // Four standard deviations of the most variable share.
    assertThat(share).containsExactly(new double[] {.15, .5, .05, .3}, within(0.0142));
  }

  @Test
  void neighbouring_seeds_draw_differently_from_the_first_token_on() {
    long first =
        LongStream.range(0, 200)
            .filter(seed -> new TokenSampler(Sampling.at(1, seed), NO_PROMPT, 4).next(LOGITS) == 1)
            .count();

    assertThat(first).isBetween(70L, 130L);
  }

  @Test
  void a_token_that_the_tokenizer_does_not_have_is_never_chosen() {
    assertThat(new TokenSampler(Sampling.GREEDY, NO_PROMPT, 2).next(new float[] {1, 2, 9}))
        .isEqualTo(1);
    assertThat(
            new TokenSampler(Sampling.at(1, 0), new int[] {2}, 2)
                .probabilities(new float[] {1, 2, 9}))
        .hasSize(2);
  }

  @Test
  void a_broken_model_is_told_apart_from_a_sure_one() {
    TokenSampler sampler = new TokenSampler(Sampling.at(1, 0), NO_PROMPT, 3);

    assertThatThrownBy(() -> sampler.next(new float[] {1, Float.NaN, 2}))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("not-a-number of token 1");
    assertThatThrownBy(() -> sampler.next(new float[] {1, 2, Float.POSITIVE_INFINITY}))
        .hasMessageContaining("must be finite, but is Infinity, of token 2");
    assertThat(sampler.next(new float[] {Float.NEGATIVE_INFINITY, 2, Float.NEGATIVE_INFINITY}))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "-1,  0, 1, 1, the temperature must be 0 (greedy) or more",
    "NaN, 0, 1, 1, the temperature must be 0 (greedy) or more",
    "1,  -1, 1, 1, top-k must be at least 1",
    "1,   0, 0, 1, top-p must be above 0",
    "1,   0, 1.1, 1, top-p must be above 0",
    "1,   0, 1, 0, the repetition penalty must be above 0"
  })
  void settings_out_of_range_are_refused(
      double temperature, int topK, double topP, double penalty, String words) {
    assertThatThrownBy(() -> new Sampling(temperature, topK, topP, penalty, 0))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(words);
  }
}
