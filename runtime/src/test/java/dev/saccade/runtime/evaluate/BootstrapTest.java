package dev.saccade.runtime.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BootstrapTest {

  private static final double TRUTH = 2.5;

  private static DocumentScore document(long scored, double natsPerToken) {
    return new DocumentScore("a", 1, scored, scored, scored, 4 * scored, scored * natsPerToken);
  }

  /** Documents of different lengths whose tokens are alike, around 2.5 nats. */
  private static List<DocumentScore> documents(int count, long seed) {
    Random random = new Random(seed);
    return Stream.generate(
            () -> document(50 + random.nextInt(100), TRUTH + 0.4 * random.nextGaussian()))
        .limit(count)
        .toList();
  }

  @Test
  void the_interval_holds_the_truth_about_as_often_as_it_says() {
    long held =
        IntStream.range(0, 300)
            .filter(
                seed ->
                    new Bootstrap(300, 1, 0.95)
                        .perplexity(documents(40, seed))
                        .contains(Math.exp(TRUTH)))
            .count();

    // 95 % are 285; percentile intervals of few documents are known to be a little narrow.
    assertThat(held).isBetween(267L, 296L);
  }

  @Test
  void a_seed_gives_its_interval_again_and_another_seed_nearly_the_same() {
    List<DocumentScore> documents = documents(40, 3);
    Interval once = new Bootstrap(2000, 7, 0.95).perplexity(documents);

    Interval other = new Bootstrap(2000, 8, 0.95).perplexity(documents);

    assertThat(new Bootstrap(2000, 7, 0.95).perplexity(documents)).isEqualTo(once);
    assertThat(other).isNotEqualTo(once);
    assertThat(other.low()).isCloseTo(once.low(), within(0.1));
    assertThat(other.high()).isCloseTo(once.high(), within(0.1));
  }

  @Test
  void more_documents_and_less_confidence_make_it_narrower() {
    Interval few = new Bootstrap(500, 7, 0.95).perplexity(documents(20, 3));
    Interval many = new Bootstrap(500, 7, 0.95).perplexity(documents(320, 3));
    Interval unsure = new Bootstrap(500, 7, 0.5).perplexity(documents(20, 3));

    assertThat((many.high() - many.low()) / (few.high() - few.low()))
        .isCloseTo(0.25, within(0.1)); // as 1/√n
    assertThat(unsure.high() - unsure.low()).isLessThan(0.6 * (few.high() - few.low()));
  }

  @Test
  void documents_that_are_all_alike_leave_no_doubt() {
    Interval alike =
        new Bootstrap(100, 7, 0.95).perplexity(Collections.nCopies(5, document(10, 2)));

    assertThat(alike.low()).isCloseTo(Math.exp(2), within(1e-9));
    assertThat(alike.high()).isCloseTo(Math.exp(2), within(1e-9));
  }

  @Test
  void one_document_says_nothing_of_others() {
    PerplexityResult result =
        PerplexityResult.of(
            List.of(document(10, 2)),
            List.of(document(10, 2)),
            new PerplexitySettings(13, null, Documents.SEPARATE, 100, 5),
            1);

    assertThat(result.interval()).isNull();
    assertThatThrownBy(() -> new Bootstrap(100, 7, 0.95).perplexity(result.documents()))
        .isInstanceOf(SaccadeException.class);
  }

  @Test
  void figures_are_of_the_whole_text_whatever_the_tokenizer() {
    // 60 of 90 tokens count, 1.5 nats each; the text has 30 words and 240 bytes.
    DocumentScore document = new DocumentScore("a", 31, 90, 60, 30, 240, 90);

    assertThat(document.perplexity()).isCloseTo(Math.exp(1.5), within(1e-12));
    assertThat(document.wordPerplexity()).isCloseTo(Math.exp(4.5), within(1e-9));
    assertThat(document.bitsPerByte()).isCloseTo(1.5 * 90 / 240 / Math.log(2), within(1e-12));
  }
}
