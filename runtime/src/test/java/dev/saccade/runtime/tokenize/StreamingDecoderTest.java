package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamingDecoderTest {

  /** Bytes only, so that every character beyond ASCII is several tokens. */
  private static final Tokenizer BYTES = bytes();

  private static Tokenizer bytes() {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(260), Progress.NONE);
    trainer.add("x");
    return trainer.train().tokenizer();
  }

  @Test
  void a_character_comes_when_its_last_byte_does() {
    StreamingDecoder decoder = BYTES.streamingDecoder();
    List<String> parts = new ArrayList<>();

    for (int id : BYTES.textIds("aé🙂b")) {
      parts.add(decoder.add(id));
    }

    assertThat(parts).containsExactly("a", "", "é", "", "", "", "🙂", "b");
    assertThat(decoder.finish()).isEmpty();
  }

  @Test
  void a_character_that_was_never_completed_ends_as_one_replacement() {
    StreamingDecoder decoder = BYTES.streamingDecoder();
    int[] smile = BYTES.textIds("🙂");

    assertThat(decoder.add(smile[0]) + decoder.add(smile[1]) + decoder.add(smile[2])).isEmpty();
    assertThat(decoder.finish()).isEqualTo("\uFFFD");
  }

  @Test
  void a_character_that_another_interrupts_is_replaced_at_once() {
    StreamingDecoder decoder = BYTES.streamingDecoder();

    decoder.add(BYTES.textIds("é")[0]);

    assertThat(decoder.add(BYTES.textIds("x")[0])).isEqualTo("\uFFFDx");
  }

  @Test
  void special_tokens_are_no_text_even_inside_a_character() {
    StreamingDecoder decoder = BYTES.streamingDecoder();
    int[] ids = BYTES.textIds("é");

    assertThat(decoder.add(ids[0]) + decoder.add(2) + decoder.add(ids[1])).isEqualTo("é");
  }

  @Test
  void the_parts_together_are_what_decoding_at_once_gives() {
    Random random = new Random(31);
    for (Tokenizer tokenizer : List.of(BYTES, MinilmTokenizer.read())) {
      for (int i = 0; i < 500; i++) {
        int[] ids = random.ints(37, 0, tokenizer.vocabularySize()).toArray();
        StreamingDecoder decoder = tokenizer.streamingDecoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          text.append(decoder.add(id));
        }

        assertThat(text + decoder.finish()).isEqualTo(tokenizer.decode(ids));
      }
    }
  }

  @Test
  void an_id_outside_the_vocabulary_is_refused() {
    assertThatThrownBy(() -> BYTES.streamingDecoder().add(260))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("a token id must be from 0 to 259, but is 260");
  }
}
