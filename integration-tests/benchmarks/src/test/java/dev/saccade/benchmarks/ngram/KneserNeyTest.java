package dev.saccade.benchmarks.ngram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KneserNeyTest {

  private static final int VOCABULARY = 11;

  /** Begins every text, and stands nowhere else. */
  private static final int BEGINNING = 10;

  /** In no text. */
  private static final int UNSEEN = 9;

  /** Of nine tokens, the first ones far more often than the last. */
  private static List<int[]> texts(int count, int length, long seed) {
    Random random = new Random(seed);
    return Stream.generate(
            () ->
                IntStream.concat(
                        IntStream.of(BEGINNING),
                        IntStream.generate(() -> (int) (9 * Math.pow(random.nextDouble(), 3)))
                            .limit(length))
                    .toArray())
        .limit(count)
        .toList();
  }

  private static double probability(KneserNey model, int[] before, int token) {
    int[] text = Arrays.copyOf(before, before.length + 1);
    text[before.length] = token;
    return Math.exp(-model.surprisals(text)[before.length - 1]);
  }

  @Test
  void a_text_of_five_tokens_gives_what_a_hand_computes() {
    // 0 begins; then 1 2 1 3. No bigram occurs twice, so the discounts are 0.5, 1 and 1.5.
    KneserNey model = KneserNey.of(List.of(new int[] {0, 1, 2, 1, 3}), 2, 4);

    // Before 1 stand 0 and 2, before 2 and 3 stands 1: counts 2, 1, 1, of which 1, 0.5, 0.5 is
    // taken.
    int[] unseen = {3};
    assertThat(probability(model, unseen, 0)).isCloseTo(2 / 4.0 / 4, within(1e-12));
    assertThat(probability(model, unseen, 1)).isCloseTo((1 + 2 / 4.0) / 4, within(1e-12));
    assertThat(probability(model, unseen, 2)).isCloseTo((0.5 + 2 / 4.0) / 4, within(1e-12));
    assertThat(probability(model, unseen, 3)).isCloseTo((0.5 + 2 / 4.0) / 4, within(1e-12));
    // After 1 came 2 and 3, once each; both times half is taken.
    assertThat(probability(model, new int[] {1}, 2)).isCloseTo((0.5 + 0.25) / 2, within(1e-12));
    assertThat(probability(model, new int[] {1}, 1)).isCloseTo(0.375 / 2, within(1e-12));
    // Texts begin with 1.
    assertThat(probability(model, new int[] {0}, 1)).isCloseTo(0.5 + 0.5 * 0.375, within(1e-12));
  }

  @Test
  void what_texts_begin_with_counts_as_often_as_it_does() {
    // The bigram 0 1 has nothing before it, so it counts three times, 0 2 once.
    List<int[]> texts =
        List.of(new int[] {0, 1, 3}, new int[] {0, 1, 4}, new int[] {0, 1, 3}, new int[] {0, 2, 3});
    KneserNey model = KneserNey.of(texts, 3, 5);

    double lower = probability(model, new int[] {4}, 1);

    // The longest context after a single token is that token.
    assertThat(probability(model, new int[] {0}, 1))
        .isCloseTo((3 - 1.5 + (1.5 + 0.5) * lower) / 4, within(1e-12));
  }

  @Test
  void discounts_follow_from_the_counts_of_counts() {
    int[] counts = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 7, 19};

    Discounts discounts = Discounts.of(IntStream.of(counts));

    double y = 10 / (10 + 2 * 4.0);
    assertThat(discounts.once()).isCloseTo(1 - 2 * y * 4 / 10, within(1e-12));
    assertThat(discounts.twice()).isCloseTo(2 - 3 * y * 2 / 4, within(1e-12));
    assertThat(discounts.oftener()).isCloseTo(3 - 4 * y * 1 / 2, within(1e-12));
    assertThat(discounts.of(1)).isEqualTo(discounts.once());
    assertThat(discounts.of(3)).isEqualTo(discounts.of(19)).isEqualTo(discounts.oftener());
  }

  @Test
  void counts_that_give_no_discounts_get_those_that_are_usual() {
    assertThat(Discounts.of(IntStream.of(1, 1, 2, 2, 3))).isEqualTo(Discounts.FALLBACK); // no 4
    assertThat(Discounts.of(IntStream.of(5, 6))).isEqualTo(Discounts.FALLBACK);
    // Hundreds of threes beside few twos would have something added to twos.
    assertThat(
            Discounts.of(
                IntStream.concat(IntStream.of(1, 1, 2, 4), IntStream.generate(() -> 3).limit(300))))
        .isEqualTo(Discounts.FALLBACK);
  }

  @ParameterizedTest
  @CsvSource({"1,300", "2,300", "3,300", "4,70", "5,300", "5,1"})
  void probabilities_of_all_tokens_add_up_to_one_whatever_was_before(int order, int length) {
    KneserNey model = KneserNey.of(texts(7, length, 3), order, VOCABULARY);
    Random random = new Random(5);

    for (int i = 0; i < 200; i++) {
      int[] before = random.ints(1 + random.nextInt(7), 0, VOCABULARY).toArray();
      before[0] = i % 2 == 0 ? BEGINNING : before[0];
      double sum =
          IntStream.range(0, VOCABULARY).mapToDouble(w -> probability(model, before, w)).sum();

      assertThat(sum).as("after %s", Arrays.toString(before)).isCloseTo(1, within(1e-12));
    }
  }

  @ParameterizedTest
  @CsvSource({"1,500", "2,500", "3,500", "4,200", "5,500"})
  void is_what_the_definition_gives_computed_slowly(int order, int length) {
    List<int[]> texts = texts(5, length, 11);
    KneserNey model = KneserNey.of(texts, order, VOCABULARY);
    KneserNeyDefinition definition = new KneserNeyDefinition(texts, order, VOCABULARY);
    Random random = new Random(7);

    for (int i = 0; i < 300; i++) {
      int[] before = random.ints(1 + random.nextInt(6), 0, 4).toArray();
      before[0] = i % 3 == 0 ? BEGINNING : before[0];
      before[before.length - 1] = i % 17 == 0 ? UNSEEN : before[before.length - 1];
      int token = random.nextInt(VOCABULARY);

      assertThat(probability(model, before, token))
          .as("%d after %s", token, Arrays.toString(before))
          .isCloseTo(definition.probability(before, token), within(1e-12));
    }
  }

  @Test
  void a_text_is_scored_from_its_beginning_on() {
    List<int[]> texts = texts(5, 200, 11);
    KneserNey model = KneserNey.of(texts, 4, VOCABULARY);
    int[] text = {BEGINNING, 0, 1, UNSEEN, 0, 2, 0, 0};

    double[] surprisals = model.surprisals(text);

    for (int t = 0; t + 1 < text.length; t++) {
      assertThat(Math.exp(-surprisals[t]))
          .isCloseTo(probability(model, Arrays.copyOf(text, t + 1), text[t + 1]), within(1e-12));
    }
    assertThat(surprisals[text.length - 1]).isZero();
  }

  @Test
  void n_grams_keep_their_numbers_while_the_table_grows() {
    NGrams grams = new NGrams();
    for (int i = 0; i < 100_003; i++) {
      grams.add(i % 317, i);
      grams.count(i);
    }

    assertThat(grams.size()).isEqualTo(100_003);
    for (int i = 0; i < 100_003; i++) {
      assertThat(grams.find(i % 317, i)).isEqualTo(i);
      assertThat(grams.context(i)).isEqualTo(i % 317);
      assertThat(grams.counted(i)).isOne();
    }
    assertThat(grams.find(318, 0)).isEqualTo(NGrams.NONE);
  }
}
