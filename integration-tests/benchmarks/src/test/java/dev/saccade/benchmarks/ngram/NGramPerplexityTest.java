package dev.saccade.benchmarks.ngram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.benchmarks.ngram.NGramPerplexity.Measured;
import dev.saccade.runtime.evaluate.Documents;
import dev.saccade.runtime.evaluate.PerplexityResult;
import dev.saccade.runtime.evaluate.PerplexitySettings;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.text.Windows;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NGramPerplexityTest {

  private static final Corpus CORPUS =
      new Corpus(
          "eyes",
          IntStream.range(0, 40)
              .mapToObj(i -> new Document("d" + i, "the eye jumps to " + "the eye ".repeat(i + 1)))
              .toList());

  private static Tokenizer tokenizer;

  @BeforeAll
  static void learn() {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(269), Progress.NONE);
    CORPUS.documents().forEach(document -> trainer.add(document.text()));
    tokenizer = trainer.train().tokenizer();
  }

  private static PerplexityResult measure(int order, int context, @Nullable Integer stride) {
    PerplexitySettings settings =
        new PerplexitySettings(context, stride, Documents.SEPARATE, 100, 5);
    List<Measured> measured =
        NGramPerplexity.measure(CORPUS, tokenizer, order, settings, List.of(Split.VALIDATION));
    return measured.get(0).result();
  }

  @Test
  void the_tokens_that_count_are_those_of_a_language_model() {
    PerplexityResult apart = measure(3, 7, null);
    PerplexityResult strided = measure(3, 7, 2);

    List<Integer> tokens =
        CORPUS.documents(Split.VALIDATION).stream()
            .map(document -> tokenizer.textIds(document.text()).length)
            .toList();
    long all = tokens.stream().mapToLong(Integer::longValue).sum();
    assertThat(apart.total().tokens()).isEqualTo(all);
    assertThat(strided.total().scored()).isEqualTo(all);
    // With the token that texts begin with, as a language model reads them.
    assertThat(apart.total().scored())
        .isEqualTo(tokens.stream().mapToLong(n -> Windows.apart(n + 1, 7).scored()).sum());
  }

  @Test
  void a_bigram_needs_no_more_than_one_token_before() {
    assertThat(measure(2, 2, 1).total().nats())
        .isCloseTo(measure(2, 7, 2).total().nats(), within(1e-3));
  }

  @Test
  void longer_contexts_help_and_more_text_than_a_window_does_not() {
    double unigrams = measure(1, 7, 2).total().perplexity();
    double trigrams = measure(3, 7, 2).total().perplexity();

    assertThat(trigrams).isLessThan(unigrams / 2);
    assertThat(measure(3, 50, 2).total().perplexity()).isCloseTo(trigrams, within(1e-3));
  }

  @Test
  void a_text_ends_with_the_token_that_parts_documents() {
    KneserNey model = new NGramForesight(CORPUS.documents(Split.TRAIN), tokenizer, 2).model();
    int end = tokenizer.specialTokens().end().orElseThrow();
    int[] texts = tokenizer.textIds("the eye ");

    double afterBlank = Math.exp(-model.surprisals(new int[] {texts[texts.length - 1], end})[0]);
    double afterBeginning = Math.exp(-model.surprisals(new int[] {end, end})[0]);

    assertThat(afterBlank).isGreaterThan(20 * afterBeginning);
  }
}
