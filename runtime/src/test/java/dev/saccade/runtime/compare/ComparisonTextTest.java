package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TinyEncoder;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTextTest {

  private static final ComparisonSettings SETTINGS = ComparisonSettings.defaultsUpTo(13);

  @TempDir Path directory;
  private PretrainedModel model;

  @BeforeEach
  void open() {
    model = TinyEncoder.open(directory);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void a_single_sentence_is_enough() {
    ComparisonText text = ComparisonText.of(corpus("the eye jumps ."), model, SETTINGS);

    assertThat(text.sentence().tokens())
        .containsExactly("[CLS]", "the", "eye", "jumps", ".", "[SEP]");
    assertThat(text.passages()).hasSize(1);
    assertThat(text.described().tokens()).isEqualTo(6);
  }

  @Test
  void a_short_text_is_repeated_to_the_length_that_is_timed() {
    ComparisonText text = ComparisonText.of(corpus("the eye jumps ."), model, SETTINGS);

    assertThat(text.tokens(13).tokens())
        .startsWith("[CLS]", "the", "eye", "jumps", ".", "the")
        .hasSize(13);
  }

  @Test
  void a_text_with_too_few_tokens_is_refused_before_anything_is_measured() {
    Corpus oneWord = corpus("x".repeat(1000));

    assertThatThrownBy(() -> ComparisonText.of(oneWord, model, SETTINGS))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("gives only 3 tokens in 260 characters where 13 are needed");
  }

  private static Corpus corpus(String text) {
    return new Corpus("a text", List.of(new Document("a document", text)));
  }
}
