package dev.saccade.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.MinilmTokenizer;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PassagesTest {

  private static final Tokenizer TOKENIZER = MinilmTokenizer.read();
  private static final List<Document> TEST_DOCUMENTS =
      Corpus.stateOfTheUnion().documents(Split.TEST);

  private final Passages passages = new Passages(TEST_DOCUMENTS, TOKENIZER);

  @Test
  void abbreviations_and_initials_do_not_end_a_sentence() {
    assertThat(
            Sentences.of("Mr. Speaker, I met John F. Kennedy in St. Louis. \"Why?\" He left. Yes!"))
        .containsExactly(
            "Mr. Speaker, I met John F. Kennedy in St. Louis.", "\"Why?\"", "He left.", "Yes!");
  }

  @Test
  void no_word_is_lost_between_sentences() {
    Document document = TEST_DOCUMENTS.get(0);

    String joined = String.join(" ", Sentences.of(document.text()));

    assertThat(joined.split("\\s+")).containsExactly(document.text().strip().split("\\s+"));
  }

  @Test
  void passages_have_the_tokens_they_claim_and_not_a_sentence_too_many() {
    for (Passage passage : passages.cut(127)) {
      List<String> sentences = Sentences.of(passage.text());
      int last = TOKENIZER.encode(sentences.get(sentences.size() - 1)).textLength();

      assertThat(TOKENIZER.encode(passage.text()).textLength()).isEqualTo(passage.tokens());
      assertThat(passage.tokens()).isGreaterThanOrEqualTo(127);
      assertThat(passage.tokens() - last).isLessThan(127);
    }
  }

  @Test
  void passages_come_from_the_document_they_name() {
    for (Passage passage : passages.sample(31, 67, 7)) {
      String document =
          TEST_DOCUMENTS.stream()
              .filter(d -> d.name().equals(passage.document()))
              .map(d -> d.text().replaceAll("\\s+", " "))
              .findFirst()
              .orElseThrow();

      assertThat(document).contains(passage.text().replaceAll("\\s+", " "));
    }
  }

  @Test
  void equal_seeds_draw_equal_passages_and_others_do_not() {
    assertThat(passages.sample(5, 127, 3)).isEqualTo(passages.sample(5, 127, 3));
    assertThat(passages.sample(5, 127, 3)).isNotEqualTo(passages.sample(5, 127, 4));
  }

  @Test
  void sentences_are_drawn_once_each() {
    List<String> sentences = passages.sentences(997, 1);

    Set<String> different = sentences.stream().collect(Collectors.toSet());

    assertThat(different).hasSize(997);
    assertThat(sentences).isEqualTo(passages.sentences(997, 1));
  }

  @Test
  void asking_for_more_than_there_is_says_how_much_there_is() {
    Passages few = new Passages(List.of(new Document("short", "One. Two. Three.")), TOKENIZER);

    assertThatThrownBy(() -> few.sentences(5, 1))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("has 3 sentences, but 5 are asked for");
    assertThatThrownBy(() -> few.sample(1, 1000, 1))
        .hasMessageContaining("has 0 passages of at least 1000 tokens");
  }
}
