package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssociativeRecallTest {

  private static final int VOCABULARY = 67;
  private static final int LENGTH = 38;
  private static final int PAIRS = 7;

  private static final AssociativeRecall TASK = new AssociativeRecall(VOCABULARY, LENGTH, PAIRS);

  private static List<Example> drawn(SyntheticTask task, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return Stream.generate(() -> task.draw(random)).limit(count).toList();
  }

  @Test
  void keys_are_distinct_tokens_of_the_first_half_and_values_of_the_second() {
    for (Example example : drawn(TASK, 500, 1)) {
      int[] tokens = example.tokens();
      List<Integer> keys = every2nd(tokens, 0);
      List<Integer> values = every2nd(tokens, 1);

      assertThat(tokens).hasSize(LENGTH);
      assertThat(keys).doesNotHaveDuplicates().allMatch(key -> 1 <= key && key < VOCABULARY / 2);
      assertThat(values)
          .doesNotHaveDuplicates()
          .allMatch(value -> VOCABULARY / 2 <= value && value < VOCABULARY);
    }
  }

  private static List<Integer> every2nd(int[] tokens, int from) {
    return IntStream.range(0, PAIRS).mapToObj(pair -> tokens[2 * pair + from]).toList();
  }

  @Test
  void every_key_is_asked_for_once_and_answered_with_the_value_that_followed_it() {
    for (Example example : drawn(TASK, 500, 2)) {
      int[] tokens = example.tokens();
      Map<Integer, Integer> memory = new HashMap<>();
      for (int pair = 0; pair < PAIRS; pair++) {
        memory.put(tokens[2 * pair], tokens[2 * pair + 1]);
      }

      List<Integer> asked = new ArrayList<>();
      for (int t = 0; t < LENGTH; t++) {
        if (example.label(t) >= 0) {
          int query = tokens[t - 1];
          asked.add(query);
          assertThat(t - 1).isGreaterThanOrEqualTo(2 * PAIRS).matches(place -> place % 2 == 0);
          assertThat(example.label(t)).isEqualTo(memory.get(query));
        }
      }
      assertThat(asked).containsExactlyInAnyOrderElementsOf(memory.keySet());
      assertThat(example.answers()).isEqualTo(PAIRS);
    }
  }

  @Test
  void what_follows_a_query_is_any_token_and_not_its_answer() {
    int same = 0;
    int all = 0;
    for (Example example : drawn(TASK, 2000, 3)) {
      for (int t = 0; t < LENGTH; t++) {
        if (example.label(t) >= 0) {
          same += example.tokens()[t] == example.label(t) ? 1 : 0;
          all++;
        }
      }
    }

    assertThat(same / (double) all).isCloseTo(1.0 / VOCABULARY, within(0.004));
  }

  /** One pair and 6 places: the n-th must come up in proportion to n^(0.01 − 1). */
  @Test
  void near_places_are_likelier_by_the_power_law() {
    AssociativeRecall one = new AssociativeRecall(17, 14, 1);
    int[] counts = new int[6];
    for (Example example : drawn(one, 60_000, 4)) {
      for (int t = 0; t < 14; t++) {
        if (example.label(t) >= 0) {
          counts[(t - 1 - 2) / 2]++;
        }
      }
    }

    double sum = IntStream.rangeClosed(1, 6).mapToDouble(n -> Math.pow(n, -0.99)).sum();
    for (int n = 1; n <= 6; n++) {
      assertThat(counts[n - 1] / 60_000.0)
          .as("place %d", n)
          .isCloseTo(Math.pow(n, -0.99) / sum, within(0.006));
    }
  }

  /** Without replacement: three keys fill three places, in all six orders. */
  @Test
  void places_are_drawn_one_after_the_other_without_putting_back() {
    AssociativeRecall full = new AssociativeRecall(17, 12, 3);
    Map<List<Integer>, Integer> orders = new HashMap<>();
    for (Example example : drawn(full, 30_000, 5)) {
      int[] tokens = example.tokens();
      List<Integer> keys = List.of(tokens[0], tokens[2], tokens[4]);
      orders.merge(
          Stream.of(6, 8, 10).map(place -> keys.indexOf(tokens[place])).toList(), 1, Integer::sum);
    }

    double[] weights = IntStream.rangeClosed(1, 3).mapToDouble(n -> Math.pow(n, -0.99)).toArray();
    double sum = weights[0] + weights[1] + weights[2];
    // The first key takes the first place, the second the second.
    double inOrder = weights[0] / sum * (weights[1] / (weights[1] + weights[2]));
    assertThat(orders).hasSize(6);
    assertThat(orders.getOrDefault(List.of(0, 1, 2), 0) / 30_000.0)
        .isCloseTo(inOrder, within(0.01));
  }

  @Test
  void the_same_seed_draws_the_same_and_another_seed_others() {
    assertThat(drawn(TASK, 20, 7)).isEqualTo(drawn(TASK, 20, 7));
    assertThat(drawn(TASK, 20, 7)).doesNotContainAnyElementsOf(drawn(TASK, 20, 8));
  }

  @ParameterizedTest
  @CsvSource({
    "64, 31, 4, the length must be even",
    "64, 32, 9, at least 4 times the pairs",
    "32, 32, 4, the vocabulary must be larger",
    "64, 32, 0, pairs must be at least 1"
  })
  void sizes_of_which_nothing_can_be_drawn_are_refused(
      int vocabulary, int length, int pairs, String words) {
    assertThatThrownBy(() -> new AssociativeRecall(vocabulary, length, pairs))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(words);
  }
}
