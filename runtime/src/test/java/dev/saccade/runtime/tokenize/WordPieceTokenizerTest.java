package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WordPieceTokenizerTest {

  private static final Tokenizer TOKENIZER = MinilmTokenizer.read();

  @Test
  void the_special_tokens_frame_the_text() {
    TokenSequence sequence = TOKENIZER.encode("see [SEP] it");

    assertThat(sequence.tokens()).containsExactly("[CLS]", "see", "[SEP]", "it", "[SEP]");
    assertThat(IntStream.range(0, 5).filter(sequence::isSpecial)).containsExactly(0, 4);
    assertThat(sequence.textLength()).isEqualTo(3);
  }

  @Test
  void a_maximum_length_cuts_the_text_and_keeps_the_frame() {
    assertThat(TOKENIZER.encode("one two three four", 5).tokens())
        .containsExactly("[CLS]", "one", "two", "three", "[SEP]");
    assertThat(TOKENIZER.encode("one two", 2).tokens()).containsExactly("[CLS]", "[SEP]");
    assertThat(TOKENIZER.encode("one two", 500)).isEqualTo(TOKENIZER.encode("one two"));
  }

  @Test
  void a_maximum_length_without_room_for_the_frame_is_refused() {
    assertThatThrownBy(() -> TOKENIZER.encode("one", 1))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("the maximum length must leave room for the 2 special tokens, but is 1");
  }

  @Test
  void tokens_and_ids_are_inverse() {
    assertThat(TOKENIZER.vocabularySize()).isEqualTo(30522);
    assertThat(IntStream.range(0, 30522))
        .allMatch(id -> TOKENIZER.idOf(TOKENIZER.tokenOf(id)).getAsInt() == id);
    assertThat(TOKENIZER.idOf("no such token")).isEmpty();
    assertThat(TOKENIZER.tokenOf(TOKENIZER.paddingId())).isEqualTo("[PAD]");
  }

  @Test
  void an_id_outside_the_vocabulary_is_refused() {
    assertThatThrownBy(() -> TOKENIZER.decode(2023, 30522))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("a token id must be from 0 to 30521, but is 30522");
  }

  @Test
  void a_half_surrogate_pair_is_dropped_as_no_character() {
    assertThat(TOKENIZER.encode("a\uD83Db").tokens()).containsExactly("[CLS]", "ab", "[SEP]");
  }

  @Test
  void the_arrays_handed_out_are_copies() {
    TokenSequence sequence = TOKENIZER.encode("one");

    sequence.ids()[1] = 0;

    assertThat(sequence.id(1)).isEqualTo(TOKENIZER.idOf("one").getAsInt());
  }
}
