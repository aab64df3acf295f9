package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.BpeTrainer.Settings;
import dev.saccade.runtime.tokenize.TrainedBpe.Merge;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {

  private static final List<String> SPEECHES =
      Corpus.stateOfTheUnion().documents().subList(30, 41).stream().map(Document::text).toList();

  private static TrainedBpe train(Settings settings, List<String> texts) {
    BpeTrainer trainer = new BpeTrainer(settings, Progress.NONE);
    texts.forEach(trainer::add);
    return trainer.train();
  }

  private static Settings plain(int merges, int minimumFrequency) {
    return new Settings(256 + merges, minimumFrequency, List.of(), "");
  }

  @Test
  void the_most_frequent_pair_merges_first_and_ties_go_to_the_lower_ids() {
    TrainedBpe trained = train(plain(5, 1), List.of("low lower lowest"));

    // Three times each: l o, then lo w. Twice: Ġ low and low e, but Ġ is a byte, which has the
    // lower
    // id; then Ġlow e. Once: s t and others that start with later tokens.
    assertThat(trained.merges())
        .containsExactly(
            new Merge("l", "o"),
            new Merge("lo", "w"),
            new Merge("Ġ", "low"),
            new Merge("Ġlow", "e"),
            new Merge("s", "t"));
  }

  @Test
  void merging_step_by_step_equals_counting_anew_each_time() {
    List<String> texts = List.of(SPEECHES.get(0).substring(0, 20_000), "aaaaaaa aaaa aaa bababab");

    TrainedBpe trained = train(plain(307, 1), texts);

    assertThat(trained.merges()).isEqualTo(naiveMerges(texts, 307));
  }

  /** Counts every pair of every word again for every merge. */
  private static List<Merge> naiveMerges(List<String> texts, int count) {
    char[] alphabet = ByteAlphabet.inOrder();
    Map<String, Integer> ids = new HashMap<>();
    for (char c : alphabet) {
      ids.put(String.valueOf(c), ids.size());
    }
    List<List<String>> words = new ArrayList<>();
    for (String text : texts) {
      for (String word : PatternWordsTest.words(new Gpt2Words(), text)) {
        String written = ByteAlphabet.write(Utf8.of(word));
        words.add(new ArrayList<>(written.chars().mapToObj(Character::toString).toList()));
      }
    }
    List<Merge> merges = new ArrayList<>();
    while (merges.size() < count) {
      Map<Merge, Integer> pairs = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          pairs.merge(new Merge(word.get(i), word.get(i + 1)), 1, Integer::sum);
        }
      }
      Merge best =
          Collections.min(
              pairs.keySet(),
              Comparator.<Merge>comparingInt(pair -> -pairs.getOrDefault(pair, 0))
                  .thenComparingInt(pair -> ids.get(pair.left()))
                  .thenComparingInt(pair -> ids.get(pair.right())));
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.get(i).equals(best.left()) && word.get(i + 1).equals(best.right())) {
            word.set(i, best.left() + best.right());
            word.remove(i + 1);
          }
        }
      }
      ids.putIfAbsent(best.left() + best.right(), ids.size());
      merges.add(best);
    }
    return merges;
  }

  @Test
  void the_order_of_texts_does_not_matter() {
    List<String> shuffled = new ArrayList<>(SPEECHES);
    Collections.shuffle(shuffled, new Random(3));

    TrainedBpe trained = train(Settings.opt(1009), SPEECHES);

    assertThat(train(Settings.opt(1009), shuffled)).isEqualTo(trained);
    assertThat(trained.tokens()).hasSize(1009).doesNotHaveDuplicates();
  }

  @Test
  void pairs_that_are_too_rare_become_no_tokens() {
    TrainedBpe trained = train(plain(1000, 3), List.of("abab ab xy xy"));

    assertThat(trained.merges()).containsExactly(new Merge("a", "b"));
    assertThat(trained.tokens()).hasSize(257);
  }

  @Test
  void special_tokens_come_first_and_no_text_becomes_one() {
    Settings settings = new Settings(300, 1, List.of("<|end|>", "ab"), "");

    TrainedBpe trained = train(settings, List.of("ab ab abc", "cd"));

    assertThat(trained.tokens()).startsWith("<|end|>", "ab", "!");
    assertThat(trained.tokens()).contains("cd").doesNotHaveDuplicates();
    assertThat(trained.merges()).doesNotContain(new Merge("a", "b"));
  }

  @Test
  void what_was_trained_encodes_and_decodes_any_text() {
    Tokenizer tokenizer = train(Settings.opt(601), SPEECHES).tokenizer();

    for (String text : List.of(SPEECHES.get(3), "", "  x\n", "never seen: 東京 🙂 \u0000")) {
      assertThat(tokenizer.decode(tokenizer.encode(text).ids())).isEqualTo(text);
    }
  }

  @Test
  void a_vocabulary_for_opt_has_its_special_tokens_and_starts_every_text() {
    Tokenizer tokenizer = train(Settings.opt(601), SPEECHES).tokenizer();

    assertThat(tokenizer.encode("the").tokens()).startsWith("</s>").hasSizeLessThan(4);
    assertThat(tokenizer.textIds("the")).doesNotContain(2);
    assertThat(tokenizer.specialTokens().beginning()).hasValue(2);
    assertThat(tokenizer.specialTokens().end()).hasValue(2);
    assertThat(tokenizer.paddingId()).isEqualTo(1);
    assertThat(tokenizer.vocabularySize()).isEqualTo(601);
  }

  @Test
  void the_written_file_reads_as_the_same_tokenizer(@TempDir Path directory) throws Exception {
    TrainedBpe trained = train(Settings.opt(601), SPEECHES);
    Path file = directory.resolve("new/tokenizer.json");

    trained.write(file);

    assertThat(TokenizerFile.read(file).encode(SPEECHES.get(5)))
        .isEqualTo(trained.tokenizer().encode(SPEECHES.get(5)));
    try (var files = Files.list(directory.resolve("new"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void a_word_of_a_million_random_letters_takes_no_quadratic_time() {
    Random random = new Random(29);
    StringBuilder word = new StringBuilder();
    random.ints(1 << 20, 'a', 'z' + 1).forEach(c -> word.append((char) c));

    TrainedBpe trained = train(plain(503, 2), List.of(word.toString()));

    assertThat(trained.merges()).hasSize(503);
  }

  @Test
  void progress_reaches_its_end() {
    List<Integer> done = new ArrayList<>();
    BpeTrainer trainer =
        new BpeTrainer(
            plain(17, 1),
            (what, at, steps) -> {
              assertThat(steps).isEqualTo(17);
              done.add(at);
            });
    trainer.add(SPEECHES.get(0));

    trainer.train();

    assertThat(done).isEqualTo(IntStream.rangeClosed(1, 17).boxed().toList());
  }

  @Test
  void settings_that_cannot_be_met_are_refused() {
    assertThatThrownBy(() -> Settings.opt(259))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("must have 260 tokens (256 bytes and 4 special tokens) to 1048576");
    assertThatThrownBy(() -> plain(1, 0)).hasMessageContaining("at least 1, but is 0");
    assertThatThrownBy(() -> new Settings(300, 1, List.of("<a>", "<a>"), ""))
        .hasMessageContaining("must differ and have two characters or more, but are [<a>, <a>]");
    assertThatThrownBy(() -> new Settings(300, 1, List.of("a"), ""))
        .hasMessageContaining("two characters or more, but are [a]");
    assertThatThrownBy(() -> new Settings(300, 1, List.of("<a>"), "b"))
        .hasMessageContaining("one of the special tokens [<a>], but is b");
    assertThatThrownBy(() -> train(plain(1, 1), List.of("")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("there is none");
  }

  @Test
  void half_a_surrogate_pair_is_the_replacement_character() {
    Tokenizer tokenizer = train(Settings.opt(601), SPEECHES).tokenizer();

    assertThat(tokenizer.textIds("a\uD83Db\uDE42\uD83D"))
        .isEqualTo(tokenizer.textIds("a\uFFFDb\uFFFD\uFFFD"));
    assertThat(Arrays.stream(tokenizer.textIds("\uD83D"))).hasSize(3);
  }
}
