package dev.saccade.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.text.Windows.Window;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowsTest {

  @Test
  void windows_apart_leave_out_their_first_tokens() {
    Windows windows = Windows.apart(13, 5);

    assertThat(windows)
        .containsExactly(new Window(0, 5, 1), new Window(5, 10, 6), new Window(10, 13, 11));
    assertThat(windows.scored()).isEqualTo(10);
  }

  @Test
  void a_last_window_of_one_token_scores_nothing_and_is_left_out() {
    Windows windows = Windows.apart(11, 5);

    assertThat(windows).hasSize(2);
    assertThat(windows.scored()).isEqualTo(8);
  }

  @Test
  void windows_in_strides_score_what_is_new() {
    Windows windows = Windows.strided(13, 5, 3);

    assertThat(windows)
        .containsExactly(
            new Window(0, 5, 1), new Window(3, 8, 5), new Window(6, 11, 8), new Window(9, 13, 11));
    assertThat(windows.get(1).firstScoredInWindow()).isEqualTo(2);
    assertThat(windows.get(3).scored()).isEqualTo(2);
    assertThat(windows.get(3).length()).isEqualTo(4);
  }

  @Test
  void a_text_within_the_context_is_one_window() {
    assertThat(Windows.strided(5, 7, 3)).containsExactly(new Window(0, 5, 1));
    assertThat(Windows.apart(5, 7)).containsExactly(new Window(0, 5, 1));
  }

  @Test
  void in_strides_every_token_but_the_first_counts_exactly_once() {
    for (int length = 2; length < 9; length++) {
      for (int stride = 1; stride < length; stride++) {
        for (int tokens = 2; tokens < 31; tokens++) {
          int[] times = new int[tokens];
          Windows windows = Windows.strided(tokens, length, stride);
          for (Window window : windows) {
            assertThat(window.length()).isLessThanOrEqualTo(length);
            assertThat(window.scored()).isPositive();
            for (int i = window.firstScored(); i < window.end(); i++) {
              times[i]++;
            }
          }
          times[0]++;
          assertThat(times).as("%d %d %d", tokens, length, stride).containsOnly(1);
          assertThat(windows.scored()).isEqualTo(tokens - 1);
        }
      }
    }
  }

  /** The loop of Hugging Face's "Perplexity of fixed-length models", labels shifted by one. */
  @ParameterizedTest
  @CsvSource({"97, 16, 5", "97, 16, 16", "96, 16, 16", "16, 16, 7", "17, 16, 15", "100, 7, 1"})
  void windows_are_those_of_hugging_face(int tokens, int length, int stride) {
    List<Window> expected = new ArrayList<>();
    int endBefore = 0;
    for (int begin = 0; begin < tokens; begin += stride) {
      int end = Math.min(begin + length, tokens);
      // Their labels are shifted by one, so the first token of a window never counts.
      int firstScored = Math.max(begin + 1, end - (end - endBefore));
      if (firstScored < end) {
        expected.add(new Window(begin, end, firstScored));
      }
      endBefore = end;
      if (end == tokens) {
        break;
      }
    }

    assertThat(
            stride == length
                ? Windows.apart(tokens, length)
                : Windows.strided(tokens, length, stride))
        .containsExactlyElementsOf(expected);
  }

  @Test
  void what_leaves_a_token_without_another_before_it_is_refused() {
    assertThatThrownBy(() -> Windows.strided(13, 5, 5))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("the stride must be from 1 to 4");
    assertThatThrownBy(() -> Windows.strided(13, 5, 0)).isInstanceOf(SaccadeException.class);
    assertThatThrownBy(() -> Windows.apart(1, 5)).isInstanceOf(SaccadeException.class);
    assertThatThrownBy(() -> Windows.apart(13, 1)).isInstanceOf(SaccadeException.class);
  }
}
