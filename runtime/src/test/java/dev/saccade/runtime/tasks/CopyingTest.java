package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CopyingTest {

  @Test
  void the_second_half_is_the_first_and_its_word_is_the_answer() {
    Copying task = new Copying(11, 26);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 500; i++) {
      Example example = task.draw(random);
      int[] tokens = example.tokens();

      assertThat(Arrays.copyOfRange(tokens, 13, 26)).isEqualTo(Arrays.copyOf(tokens, 13));
      assertThat(tokens[0]).isZero();
      assertThat(Arrays.stream(tokens, 1, 13)).allMatch(symbol -> 0 < symbol && symbol < 11);
      for (int t = 0; t < 26; t++) {
        assertThat(example.label(t)).isEqualTo(t > 13 ? tokens[t] : -100);
      }
    }
  }

  @Test
  void sizes_of_which_nothing_can_be_drawn_are_refused() {
    assertThatThrownBy(() -> new Copying(2, 8))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 3");
    assertThatThrownBy(() -> new Copying(9, 7))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("even");
  }
}
