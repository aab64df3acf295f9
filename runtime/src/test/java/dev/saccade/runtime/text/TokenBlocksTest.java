package dev.saccade.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.text.TokenBlocks.Remainder;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.MinilmTokenizer;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenBlocksTest {

  private static final int SEPARATOR = 0;

  /** 0 1 2 3 | 0 4 5 6 | 0 0 7 */
  private static final List<int[]> DOCUMENTS =
      List.of(new int[] {1, 2, 3}, new int[] {4, 5, 6}, new int[] {}, new int[] {7});

  private static TokenBlocks pack(int length, Remainder remainder) {
    return TokenBlocks.of(DOCUMENTS, SEPARATOR, length, remainder);
  }

  @Test
  void blocks_are_the_documents_in_a_row_with_a_separator_before_each() {
    TokenBlocks blocks = pack(5, Remainder.KEPT);

    assertThat(blocks.count()).isEqualTo(3);
    assertThat(blocks.block(0)).containsExactly(0, 1, 2, 3, 0);
    assertThat(blocks.block(1)).containsExactly(4, 5, 6, 0, 0);
    assertThat(blocks.block(2)).containsExactly(7);
  }

  @Test
  void a_block_knows_where_documents_start() {
    TokenBlocks blocks = pack(5, Remainder.KEPT);

    assertThat(blocks.documentStarts(0)).containsExactly(0, 4);
    assertThat(blocks.documentStarts(1)).containsExactly(3, 4);
    assertThat(blocks.documentStarts(2)).isEmpty();
  }

  @Test
  void a_remainder_is_dropped_on_request_and_accounted_for() {
    TokenBlocks blocks = pack(5, Remainder.DROPPED);

    assertThat(blocks.count()).isEqualTo(2);
    assertThat(blocks.dropped()).isEqualTo(1);
    assertThat(blocks.tokens()).isEqualTo(11);
    assertThat(blocks.separators()).isEqualTo(4);
    assertThat(blocks.predictions()).isEqualTo(8);
  }

  @Test
  void a_kept_remainder_counts() {
    TokenBlocks blocks = pack(7, Remainder.KEPT);

    assertThat(blocks.count()).isEqualTo(2);
    assertThat(blocks.dropped()).isZero();
    assertThat(blocks.predictions()).isEqualTo(9);
  }

  @Test
  void no_block_is_short_when_the_length_divides() {
    TokenBlocks blocks = pack(11, Remainder.KEPT);

    assertThat(blocks.count()).isEqualTo(1);
    assertThat(blocks.block(0)).hasSize(11);
  }

  @Test
  void every_token_of_real_text_is_in_exactly_one_block() {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(601), Progress.NONE);
    List<Document> documents = Corpus.stateOfTheUnion().documents(Split.TEST);
    documents.forEach(document -> trainer.add(document.text()));
    Tokenizer tokenizer = trainer.train().tokenizer();

    TokenBlocks blocks = TokenBlocks.of(documents, tokenizer, 509, Remainder.KEPT);

    List<Integer> all = new ArrayList<>();
    int starts = 0;
    for (int i = 0; i < blocks.count(); i++) {
      for (int start : blocks.documentStarts(i)) {
        assertThat(blocks.block(i)[start]).isEqualTo(tokenizer.specialTokens().end().getAsInt());
        starts++;
      }
      for (int id : blocks.block(i)) {
        all.add(id);
      }
    }
    List<Integer> expected = new ArrayList<>();
    for (Document document : documents) {
      for (int id : tokenizer.encode(document.text()).ids()) {
        expected.add(id);
      }
    }
    assertThat(all).isEqualTo(expected);
    assertThat(starts).isEqualTo(documents.size());
  }

  @Test
  void what_cannot_be_packed_is_refused() {
    assertThatThrownBy(() -> pack(1, Remainder.KEPT))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 2 tokens");
    assertThatThrownBy(() -> pack(13, Remainder.DROPPED))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("must fill a block of 13 tokens, but has 11");
    assertThatThrownBy(() -> pack(5, Remainder.KEPT).block(3))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("a block must be from 0 to 2, but is 3");
  }

  @Test
  void the_block_handed_out_is_a_copy() {
    TokenBlocks blocks = pack(5, Remainder.KEPT);

    blocks.block(0)[1] = 99;

    assertThat(blocks.block(0)[1]).isEqualTo(1);
  }

  @Test
  void a_tokenizer_with_an_end_token_is_needed() {
    // MiniLM's ends every text with [SEP].
    Tokenizer minilm = MinilmTokenizer.read();

    TokenBlocks blocks =
        TokenBlocks.of(List.of(new Document("d", "one two")), minilm, 3, Remainder.KEPT);

    assertThat(minilm.tokenOf(blocks.block(0)[0])).isEqualTo("[SEP]");
  }
}
