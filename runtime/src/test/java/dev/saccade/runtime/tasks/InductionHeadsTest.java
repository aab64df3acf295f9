package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InductionHeadsTest {

  private static final int VOCABULARY = 19;
  private static final int SHOWN = 23;
  private static final int DRAWS = 20_000;

  private static final InductionHeads TASK = new InductionHeads(VOCABULARY, SHOWN);

  @Test
  void the_special_token_comes_once_and_again_at_the_end_before_what_followed_it() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      Example example = TASK.draw(random);
      int[] tokens = example.tokens();
      int[] places =
          IntStream.range(0, tokens.length).filter(t -> tokens[t] == TASK.special()).toArray();

      assertThat(tokens).hasSize(SHOWN + 2);
      assertThat(places).hasSize(2);
      assertThat(places[0]).isLessThan(SHOWN - 2);
      assertThat(places[1]).isEqualTo(SHOWN);
      assertThat(example.answers()).isEqualTo(1);
      assertThat(example.label(SHOWN + 1)).isEqualTo(tokens[places[0] + 1]);
    }
  }

  @Test
  void places_and_answers_are_equally_likely() {
    SplittableRandom random = new SplittableRandom(2);
    int[] places = new int[SHOWN - 2];
    int[] answers = new int[VOCABULARY];
    for (int i = 0; i < DRAWS; i++) {
      Example example = TASK.draw(random);
      int[] tokens = example.tokens();
      places[
          IntStream.range(0, SHOWN)
              .filter(t -> tokens[t] == TASK.special())
              .findFirst()
              .orElseThrow()]++;
      answers[example.label(SHOWN + 1)]++;
    }

    for (int count : places) {
      assertThat(count / (double) DRAWS).isCloseTo(1.0 / (SHOWN - 2), within(0.008));
    }
    for (int token = 0; token < VOCABULARY; token++) {
      double expected = token < VOCABULARY - 2 ? 1.0 / (VOCABULARY - 2) : 0;
      assertThat(answers[token] / (double) DRAWS)
          .as("%d", token)
          .isCloseTo(expected, within(0.008));
    }
  }

  @Test
  void sizes_of_which_nothing_can_be_drawn_are_refused() {
    assertThatThrownBy(() -> new InductionHeads(3, 30))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 4");
    assertThatThrownBy(() -> new InductionHeads(20, 2))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 3");
  }
}
