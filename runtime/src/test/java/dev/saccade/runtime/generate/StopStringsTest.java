package dev.saccade.runtime.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StopStringsTest {

  @Test
  void what_may_begin_a_stop_string_is_held_back_until_it_does_not() {
    StopStrings stops = new StopStrings(List.of("\n\nQ:"));

    assertThat(stops.add("yes.\n")).isEqualTo("yes.");
    assertThat(stops.add("\n")).isEmpty();
    assertThat(stops.add("\n")).isEqualTo("\n");
    assertThat(stops.add("A")).isEqualTo("\n\nA");
    assertThat(stops.found()).isFalse();
  }

  @Test
  void a_stop_string_over_several_pieces_ends_the_text_before_it() {
    StopStrings stops = new StopStrings(List.of("END"));

    assertThat(stops.add("the E")).isEqualTo("the ");
    assertThat(stops.add("N")).isEmpty();
    assertThat(stops.add("D and more")).isEmpty();
    assertThat(stops.found()).isTrue();
    assertThat(stops.add("more")).isEmpty();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void what_was_held_back_at_the_end_is_text_after_all() {
    StopStrings stops = new StopStrings(List.of("END"));

    assertThat(stops.add("the EN")).isEqualTo("the ");
    assertThat(stops.finish()).isEqualTo("EN");
  }

  @Test
  void in_any_pieces_a_text_is_cut_at_the_first_stop_string_to_be_whole() {
    Random random = new Random(3);
    for (int trial = 0; trial < 2000; trial++) {
      List<String> strings =
          IntStream.range(0, 1 + random.nextInt(3)).mapToObj(i -> letters(random, 1, 4)).toList();
      StopStrings stops = new StopStrings(strings);
      String text = letters(random, 0, 30);
      StringBuilder certain = new StringBuilder();

      for (int from = 0; from < text.length(); ) {
        int to = Math.min(text.length(), from + 1 + random.nextInt(3));
        certain.append(stops.add(text.substring(from, to)));
        from = to;
        if (!stops.found()) {
          String unseen = text.substring(certain.length(), to);
          assertThat(unseen.isEmpty() || strings.stream().anyMatch(s -> s.startsWith(unseen)))
              .as("%s is held back of %s for %s", unseen, text, strings)
              .isTrue();
        }
      }
      certain.append(stops.finish());

      boolean any = strings.stream().anyMatch(text::contains);
      assertThat(stops.found()).isEqualTo(any);
      assertThat(text).startsWith(certain.toString());
      assertThat(strings).as("stop strings of %s", text).noneMatch(certain.toString()::contains);
      assertThat(
              any
                  ? strings.stream().anyMatch(text.substring(certain.length())::startsWith)
                  : certain.length() == text.length())
          .as("%s cut to %s for %s", text, certain, strings)
          .isTrue();
    }
  }

  private static String letters(Random random, int least, int most) {
    return random
        .ints(least + random.nextInt(most - least + 1), 0, 3)
        .mapToObj(i -> "abc".substring(i, i + 1))
        .collect(Collectors.joining());
  }
}
