package dev.saccade.runtime.train.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LanguageDataTest {

  private static final int LENGTH = 13;
  private static final int BATCH = 3;

  private final Tokenizer tokenizer = SmallText.tokenizer();

  private LanguageData data(Corpus corpus, long seed) {
    return LanguageData.of(corpus, tokenizer, LENGTH, BATCH, seed);
  }

  private static List<String> rows(LanguageData data, int epoch) {
    List<String> rows = new ArrayList<>();
    for (int index = 0; index < data.batches(); index++) {
      rows.addAll(rows(data.batch(epoch, index)));
    }
    return rows;
  }

  private static List<String> rows(TokenBatch batch) {
    return IntStream.range(0, batch.sequences())
        .mapToObj(
            b ->
                IntStream.range(0, batch.positions())
                    .mapToObj(t -> String.valueOf(batch.id(b, t)))
                    .toList()
                    .toString())
        .toList();
  }

  @Test
  void every_epoch_has_other_batches_of_the_same_full_blocks() {
    LanguageData data = data(SmallText.corpus(40), 1);

    TokenBatch batch = data.batch(0, 0);

    assertThat(batch.sequences()).isEqualTo(BATCH);
    assertThat(batch.positions()).isEqualTo(LENGTH);
    assertThat(rows(data, 0)).isNotEqualTo(rows(data, 1));
  }

  @Test
  void a_batch_depends_on_its_place_alone() {
    LanguageData straight = data(SmallText.corpus(40), 1);
    List<String> third = rows(straight, 2);
    rows(straight, 7);

    assertThat(rows(data(SmallText.corpus(40), 1), 2)).isEqualTo(third);
    assertThat(rows(straight, 2)).isEqualTo(third);
  }

  @Test
  void documents_of_the_validation_part_are_evaluated_on_and_never_trained_on() {
    Corpus corpus = SmallText.corpus(40);
    List<Document> others = new ArrayList<>(corpus.documents());
    others.set(7, new Document("another", "Something else altogether is said here. ".repeat(9)));

    LanguageData data = data(corpus, 1);
    LanguageData changed = data(new Corpus("changed", others), 1);

    assertThat(rows(changed, 0)).isEqualTo(rows(data, 0));
    assertThat(changed.validation()).isNotEmpty();
    assertThat(rows(changed.validation().get(0))).isNotEqualTo(rows(data.validation().get(0)));
    assertThat(changed.fingerprint()).isNotEqualTo(data.fingerprint());
  }

  @Test
  void a_single_text_gives_up_its_last_twentieth() {
    Corpus corpus = SmallText.corpus(1);

    LanguageData data = data(corpus, 1);

    List<String> held = data.validation().stream().flatMap(batch -> rows(batch).stream()).toList();
    int blocks = (1 + tokenizer.textIds(corpus.documents().get(0).text()).length) / LENGTH;
    assertThat(held).hasSize(Math.max(1, blocks / 20));
    assertThat(data.batches()).isEqualTo((blocks - held.size()) / BATCH);
    assertThat(rows(data, 0)).doesNotContainAnyElementsOf(held);
  }

  @Test
  void says_how_much_there_is_when_it_does_not_fill_a_batch() {
    Corpus corpus =
        new Corpus("my text", List.of(new Document("one", "Fellow citizens of the ".repeat(3))));

    assertThatThrownBy(() -> data(corpus, 1))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("my text has")
        .hasMessageContaining("blocks of 13 tokens")
        .hasMessageContaining("smaller batch");
  }

  @Test
  void another_seed_is_another_order_and_another_run() {
    LanguageData data = data(SmallText.corpus(40), 1);
    LanguageData other = data(SmallText.corpus(40), 2);

    assertThat(rows(other, 0)).isNotEqualTo(rows(data, 0));
    assertThat(other.fingerprint()).isNotEqualTo(data.fingerprint());
  }
}
