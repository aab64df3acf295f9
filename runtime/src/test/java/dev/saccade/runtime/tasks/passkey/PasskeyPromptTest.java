package dev.saccade.runtime.tasks.passkey;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PasskeyPromptTest {

  private static final String FILLER =
      "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. ";

  @Test
  void without_filler_it_is_the_published_text_to_the_letter() {
    PasskeyPrompt prompt = PasskeyPrompt.draw(0, new SplittableRandom(1));

    assertThat(prompt.text())
        .isEqualTo(
            """
            There is an important info hidden inside a lot of irrelevant text. Find it and memorize \
            them. I will quiz you about the important information there.

            The pass key is KEY. Remember it. KEY is the pass key.

            What is the pass key? The pass key is"""
                .replace("KEY", String.valueOf(prompt.key())));
  }

  @Test
  void filler_lies_before_and_after_the_key_and_begins_anew_on_each_side() {
    SplittableRandom random = new SplittableRandom(2);
    int[] before = new int[238];
    for (int i = 0; i < 2000; i++) {
      String[] lines = PasskeyPrompt.draw(237, random).text().split("\n", -1);

      assertThat(lines).hasSize(5);
      assertThat(FILLER.repeat(3)).startsWith(lines[1]).startsWith(lines[3]);
      assertThat(lines[1].length() + lines[3].length()).isEqualTo(237);
      before[lines[1].length()]++;
    }

    assertThat(Arrays.stream(before, 0, 60).sum()).isBetween(400, 600);
    assertThat(Arrays.stream(before, 178, 238).sum()).isBetween(400, 600);
  }

  @Test
  void keys_are_from_1_to_50000_and_the_same_seed_draws_the_same() {
    SplittableRandom random = new SplittableRandom(3);
    int[] keys = IntStream.range(0, 5000).map(i -> PasskeyPrompt.draw(7, random).key()).toArray();

    assertThat(Arrays.stream(keys)).allMatch(key -> 1 <= key && key <= 50_000);
    assertThat(Arrays.stream(keys).average().orElseThrow()).isBetween(24_000.0, 26_000.0);
    assertThat(PasskeyPrompt.draw(7, new SplittableRandom(3)))
        .isEqualTo(PasskeyPrompt.draw(7, new SplittableRandom(3)));
  }

  @ParameterizedTest
  @CsvSource({
    "' 123.', true",
    "' 0123 and 9', true",
    "' is said to be 123', true",
    "' 1234', false",
    "' 9, no, 123', false",
    "' green', false",
    "'', false",
    "' 99999999999999999999', false"
  })
  void the_first_number_that_is_written_counts(String written, boolean right) {
    PasskeyPrompt prompt = new PasskeyPrompt("The pass key is", 123);

    assertThat(prompt.isAnsweredBy(written)).isEqualTo(right);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 10, 99, 100, 9_999, 10_000, 50_000})
  void rivals_are_other_numbers_of_as_many_digits_where_there_are_enough(int key) {
    int[] rivals = new PasskeyPrompt("?", key).rivals(9, new SplittableRandom(4));

    assertThat(rivals).hasSize(9).doesNotHaveDuplicates().doesNotContain(key);
    int digits = String.valueOf(key).length();
    if (digits > 1) {
      assertThat(Arrays.stream(rivals))
          .allMatch(rival -> String.valueOf(rival).length() == digits && rival <= 50_000);
    } else {
      assertThat(Arrays.stream(rivals)).allMatch(rival -> 1 <= rival && rival <= 10);
    }
  }
}
