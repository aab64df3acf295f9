package dev.saccade.runtime.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.text.Document;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which tokens count, and after how many others, with models whose surprise is known by heart. */
class PerplexityAccountTest {

  private static final List<Document> DOCUMENTS =
      List.of(new Document("a", "12"), new Document("b", "345"));

  /** Characters are tokens. A digit d surprises by d nats whatever is before, a line feed by 10. */
  private static class Digits implements Foresight {

    @Override
    public int[] tokens(String text) {
      return IntStream.concat(IntStream.of(-1), text.chars()).toArray();
    }

    @Override
    public int maximumContext() {
      return 5;
    }

    @Override
    public int windowsAtOnce(int context) {
      return 2;
    }

    @Override
    public List<float[]> surprisals(List<int[]> windows, int context) {
      return windows.stream().map(this::surprisals).toList();
    }

    float[] surprisals(int[] window) {
      float[] surprisals = new float[window.length];
      for (int t = 0; t + 1 < window.length; t++) {
        surprisals[t] = surprisal(window[t + 1], t + 1);
      }
      surprisals[window.length - 1] = Float.NaN; // about a token that is not there
      return surprisals;
    }

    float surprisal(int token, int before) {
      return token == '\n' ? 10 : token - '0';
    }
  }

  /** Every token surprises by as many nats as the window has tokens before it. */
  private static final class Predecessors extends Digits {
    @Override
    float surprisal(int token, int before) {
      return before;
    }
  }

  private static PerplexityResult measure(
      Foresight model, int context, @Nullable Integer stride, Documents documents) {
    return new Perplexity(model, new PerplexitySettings(context, stride, documents, 100, 5))
        .of(DOCUMENTS, Progress.NONE, () -> false)
        .orElseThrow();
  }

  @Test
  void joined_windows_apart_run_over_the_ends_of_documents() {
    // -12 | nn3 | 45, where - begins the text and n is a line feed: 1 + 2, n + 3, 5
    DocumentScore total = measure(new Digits(), 3, null, Documents.JOINED).total();

    assertThat(total.windows()).isEqualTo(3);
    assertThat(total.tokens()).isEqualTo(7);
    assertThat(total.scored()).isEqualTo(5);
    assertThat(total.nats()).isEqualTo(1 + 2 + 10 + 3 + 5);
    assertThat(total.perplexity()).isCloseTo(Math.exp(21 / 5.0), within(1e-9));
  }

  @Test
  void joined_windows_with_a_stride_count_everything_once() {
    // -12, 2nn, n34, 45: what is new in each counts
    DocumentScore total = measure(new Digits(), 3, 2, Documents.JOINED).total();

    assertThat(total.windows()).isEqualTo(4);
    assertThat(total.scored()).isEqualTo(7);
    assertThat(total.nats()).isEqualTo(1 + 2 + 10 + 10 + 3 + 4 + 5);
  }

  @Test
  void separate_documents_begin_anew() {
    // -12; -34 and a window with the 5 alone, which is none
    PerplexityResult found = measure(new Digits(), 3, null, Documents.SEPARATE);

    assertThat(found.documents()).extracting(DocumentScore::nats).containsExactly(3.0, 7.0);
    assertThat(found.documents()).extracting(DocumentScore::scored).containsExactly(2L, 2L);
    assertThat(found.total().perplexity()).isCloseTo(Math.exp(10 / 4.0), within(1e-9));
  }

  @Test
  void a_token_sees_of_the_documents_before_it_what_its_window_holds() {
    assertThat(measure(new Predecessors(), 5, null, Documents.SEPARATE).total().nats())
        .isEqualTo((1 + 2) + (1 + 2 + 3));
    // -12nn | 345
    assertThat(measure(new Predecessors(), 5, null, Documents.JOINED).total().nats())
        .isEqualTo((1 + 2 + 3 + 4) + (1 + 2));
    // -12nn, 12nn3, 2nn34, nn345
    assertThat(measure(new Predecessors(), 5, 1, Documents.JOINED).total().nats())
        .isEqualTo((1 + 2 + 3 + 4) + 4 + 4 + 4);
  }

  @Test
  void joined_documents_are_reported_as_one_text_with_what_is_between_them() {
    PerplexityResult found = measure(new Digits(), 3, null, Documents.JOINED);

    assertThat(found.documents()).hasSize(1);
    assertThat(found.documents().get(0).name()).isEqualTo("2 documents joined");
    assertThat(found.total().words()).isEqualTo(2);
    assertThat(found.total().bytes()).isEqualTo(7);
  }

  @Test
  void the_interval_of_a_joined_text_is_drawn_from_stretches_as_long_as_a_window() {
    PerplexitySettings settings = new PerplexitySettings(4, 1, Documents.JOINED, 100, 5);
    Reading reading =
        new Reading(new Document("a", "1234567"), new Digits().tokens("1234567"), settings);
    for (int window = 0; window < reading.windows(); window++) {
      reading.score(window, new Digits().surprisals(reading.tokens(window)));
    }

    // -123 counts 3, and every window after it one more; 3 of a window of 4 can count.
    assertThat(reading.stretches(3))
        .containsExactly(new Stretch(3, 1 + 2 + 3), new Stretch(3, 4 + 5 + 6), new Stretch(1, 7));
    assertThat(measure(new Digits(), 5, null, Documents.JOINED).interval())
        .isEqualTo(
            new Bootstrap(100, 5, PerplexityResult.CONFIDENCE)
                .perplexity(List.of(new Stretch(4, 23), new Stretch(2, 9))));
  }

  @Test
  void a_single_stretch_has_no_interval() {
    PerplexityResult found =
        new Perplexity(new Digits(), new PerplexitySettings(5, null, Documents.JOINED, 100, 5))
            .of(List.of(new Document("a", "12")), Progress.NONE, () -> false)
            .orElseThrow();

    assertThat(found.interval()).isNull();
    assertThatThrownBy(() -> measure(new Digits(), 6, null, Documents.JOINED))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("the context must be at most the model's 5 positions, but is 6");
  }
}
