package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListOpsTest {

  private static final List<String> WORDS =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "[MIN", "[MAX", "[MED", "[SM", "]");

  /** The expression as it is published, without the answer. */
  private static String text(Example example) {
    int[] tokens = example.tokens();
    return Arrays.stream(tokens, 0, tokens.length - 1)
        .mapToObj(WORDS::get)
        .collect(Collectors.joining(" "));
  }

  /** Reads text with a stack, where the task computes as it draws. */
  private static final class Reader {
    int deepest;
    int longest;

    int value(String text) {
      Deque<List<String>> open = new ArrayDeque<>();
      open.push(new ArrayList<>());
      for (String word : text.split(" ", -1)) {
        if (word.startsWith("[")) {
          open.push(new ArrayList<>(List.of(word)));
        } else if (word.equals("]")) {
          List<String> closed = open.pop();
          longest = Math.max(longest, closed.size() - 1);
          open.element().add(String.valueOf(value(closed)));
        } else {
          deepest = Math.max(deepest, open.size());
          open.element().add(word);
        }
      }
      assertThat(open).hasSize(1);
      assertThat(open.element()).hasSize(1);
      return Integer.parseInt(open.element().get(0));
    }

    private static int value(List<String> list) {
      List<Integer> digits =
          new ArrayList<>(list.subList(1, list.size()).stream().map(Integer::valueOf).toList());
      assertThat(digits).hasSizeGreaterThanOrEqualTo(2);
      digits.sort(null);
      int count = digits.size();
      return switch (list.get(0)) {
        case "[MIN" -> digits.get(0);
        case "[MAX" -> digits.get(count - 1);
        case "[SM" -> digits.stream().mapToInt(digit -> digit).sum() % 10;
        default ->
            (int)
                (count % 2 == 1
                    ? digits.get(count / 2)
                    : (digits.get(count / 2 - 1) + digits.get(count / 2)) / 2.0);
      };
    }
  }

  @Test
  void the_answer_is_what_the_expression_comes_to() {
    ListOps task = new ListOps(7, 5, 3, 101);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 3000; i++) {
      Example example = task.draw(random);
      String text = text(example);

      int value = new Reader().value(text);

      assertThat(example.label(example.length() - 1)).as(text).isEqualTo(value);
      assertThat(example.answers()).isEqualTo(1);
      assertThat(example.length() - 1).isGreaterThan(3).isLessThan(101);
    }
  }

  @Test
  void depth_and_arguments_are_reached_and_not_passed() {
    ListOps task = new ListOps(4, 3, 0, 61);
    SplittableRandom random = new SplittableRandom(2);
    Reader reader = new Reader();

    for (int i = 0; i < 5000; i++) {
      reader.value(text(task.draw(random)));
    }

    assertThat(reader.deepest).isEqualTo(4);
    assertThat(reader.longest).isEqualTo(3);
  }

  /** With nothing refused a quarter of outermost nodes are lists. */
  @Test
  void a_node_is_a_list_with_probability_a_quarter_and_operations_are_equally_likely() {
    ListOps task = new ListOps(2, 2, 0, 6);
    SplittableRandom random = new SplittableRandom(3);
    int[] first = new int[15];

    for (int i = 0; i < 40_000; i++) {
      first[task.draw(random).tokens()[0]]++;
    }

    for (int operation = 10; operation <= 13; operation++) {
      assertThat(first[operation] / 40_000.0).isCloseTo(0.0625, within(0.005));
    }
    for (int digit = 0; digit < 10; digit++) {
      assertThat(first[digit] / 40_000.0).isCloseTo(0.075, within(0.005));
    }
  }

  /** The published sizes. */
  @Test
  void long_expressions_come_up() {
    ListOps published = new ListOps(10, 10, 500, 2000);
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 20; i++) {
      Example example = published.draw(random);

      assertThat(example.length() - 1).isBetween(501, 1999);
      assertThat(example.label(example.length() - 1)).isEqualTo(new Reader().value(text(example)));
    }
  }

  @Test
  void published_examples_are_read_as_published() {
    assertThat(new Reader().value("[MAX 2 9 [MIN 4 7 ] 0 ]")).isEqualTo(9);
    assertThat(new Reader().value("[SM 9 [MED 1 2 5 6 ] 8 ]")).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 5, 0, 50, a depth of at least 2",
    "5, 1, 0, 50, at least 2 arguments",
    "5, 5, 50, 51, there must be a number between"
  })
  void sizes_of_which_nothing_can_be_drawn_are_refused(
      int depth, int arguments, int shortest, int longest, String words) {
    assertThatThrownBy(() -> new ListOps(depth, arguments, shortest, longest))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(words);
  }

  @Test
  void sizes_that_never_come_up_are_told_instead_of_sought_forever() {
    ListOps impossible = new ListOps(2, 2, 100, 200);

    assertThatThrownBy(() -> impossible.draw(new SplittableRandom(5)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("no expression of more than 100 and fewer than 200 tokens");
  }
}
