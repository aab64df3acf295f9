package dev.saccade.runtime.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.Feature;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.Version;

/** Against a slow count over the logits of every window, on a model that has learned nothing. */
@Timeout(120)
class PerplexityTest {

  private static final int POSITIONS = 13;
  private static final MechanismRegistry REGISTRY = new MechanismRegistry();

  /** Many full windows, one that is not full, and shorter than a window. */
  private static final List<Document> DOCUMENTS =
      List.of(
          new Document("long", "the eye jumps to the eye; the ape jümps too.\n".repeat(7)),
          new Document("short", "an ape"),
          new Document("other", "The eye of the eye of the eye jumps far, far away."));

  private static Tokenizer tokenizer;
  private static PretrainedDecoder pretrained;

  @BeforeAll
  static void open() {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(269), Progress.NONE);
    DOCUMENTS.forEach(document -> trainer.add(document.text()));
    tokenizer = trainer.train().tokenizer();
    pretrained =
        TinyDecoder.open(OptConfig.of(tokenizer.vocabularySize(), 21, 2, 3, 11, POSITIONS));
    TestMechanism softmax = TestMechanism.softmax();
    REGISTRY.add(softmax, Version.emptyVersion, "softmax");
    REGISTRY.add(
        softmax
            .withName("padded")
            .withCapabilities(softmax.capabilities().withFeatures(Feature.PADDING_INVARIANT)),
        Version.emptyVersion,
        "padded");
  }

  @AfterAll
  static void close() {
    pretrained.close();
  }

  private static CausalModel model(String mechanism) {
    SlotChoice choice = new SlotChoice(mechanism, Map.of());
    return new CausalModel(pretrained, REGISTRY, List.of(choice, choice), 3);
  }

  private static PerplexityResult measure(String mechanism, int context, @Nullable Integer stride) {
    try (CausalModel model = model(mechanism)) {
      return new Perplexity(
              model, tokenizer, new PerplexitySettings(context, stride, Documents.SEPARATE, 100, 5))
          .of(DOCUMENTS, Progress.NONE, () -> false)
          .orElseThrow();
    }
  }

  /** Counts every token once: by the first window that has it and something before it. */
  private static double[] slowly(CausalModel model, Document document, int context, int stride) {
    int[] text = tokenizer.textIds(document.text());
    int[] all = new int[text.length + 1];
    all[0] = 2;
    System.arraycopy(text, 0, all, 1, text.length);
    boolean[] counted = new boolean[all.length];
    double nats = 0;
    int count = 0;
    for (int start = 0; start == 0 || start + context - stride < all.length; start += stride) {
      int[] window = Arrays.copyOfRange(all, start, Math.min(all.length, start + context));
      for (int t = 1; t < window.length; t++) {
        if (!counted[start + t]) {
          float[] logits = model.logits(TokenBatch.ofIds(List.of(window), 1)).at(0, t - 1);
          double sum = 0;
          for (float logit : logits) {
            sum += Math.exp(logit);
          }
          nats += Math.log(sum) - logits[window[t]];
          counted[start + t] = true;
          count++;
        }
      }
    }
    return new double[] {nats, count};
  }

  @ParameterizedTest
  @CsvSource({
    "softmax,13,",
    "softmax,7,",
    "padded,13,",
    "padded,11,",
    "padded,11,4",
    "padded,5,1",
    "softmax,13,6"
  })
  void is_what_a_slow_count_over_all_logits_gives(
      String mechanism, int context, @Nullable Integer stride) {
    PerplexityResult found = measure(mechanism, context, stride);

    double nats = 0;
    double scored = 0;
    try (CausalModel model = model(mechanism)) {
      for (int i = 0; i < DOCUMENTS.size(); i++) {
        double[] slow = slowly(model, DOCUMENTS.get(i), context, stride == null ? context : stride);
        nats += slow[0];
        scored += slow[1];
        DocumentScore document = found.documents().get(i);
        assertThat(document.nats()).isCloseTo(slow[0], within(1e-4 * slow[0]));
        assertThat(document.scored()).isEqualTo((long) slow[1]);
      }
    }
    assertThat(found.total().perplexity())
        .isCloseTo(Math.exp(nats / scored), within(1e-3 * Math.exp(nats / scored)));
    assertThat(found.total().scored()).isEqualTo((long) scored);
  }

  @Test
  void every_token_is_accounted_for() {
    PerplexityResult apart = measure("padded", 11, null);
    PerplexityResult strided = measure("padded", 11, 4);

    for (int i = 0; i < DOCUMENTS.size(); i++) {
      DocumentScore document = apart.documents().get(i);
      int tokens = tokenizer.textIds(DOCUMENTS.get(i).text()).length;
      assertThat(document.name()).isEqualTo(DOCUMENTS.get(i).name());
      assertThat(document.tokens()).isEqualTo(tokens);
      // With the beginning token; the first of each window does not count, nor does one alone.
      assertThat(document.scored())
          .isEqualTo(tokens + 1 - document.windows() - ((tokens + 1) % 11 == 1 ? 1 : 0));
      assertThat(strided.documents().get(i).scored()).isEqualTo(tokens);
    }
    assertThat(apart.documents().get(1).words()).isEqualTo(2);
    assertThat(apart.documents().get(0).bytes()).isEqualTo(7 * 46);
    assertThat(apart.total().bytes()).isEqualTo(7 * 46 + 6 + 50);
  }

  @Test
  void an_untrained_model_is_about_as_surprised_as_if_all_tokens_were_alike() {
    try (PretrainedDecoder weights =
            PretrainedDecoder.untrained("flat", pretrained.source(), pretrained.config(), 5);
        CausalModel model =
            new CausalModel(
                weights,
                REGISTRY,
                List.of(new SlotChoice("padded", Map.of()), new SlotChoice("padded", Map.of())),
                3)) {
      PerplexityResult found =
          new Perplexity(
                  model, tokenizer, new PerplexitySettings(13, 12, Documents.SEPARATE, 100, 5))
              .of(DOCUMENTS, Progress.NONE, () -> false)
              .orElseThrow();

      assertThat(found.total().perplexity()).isCloseTo(269, within(15.0));
    }
  }

  @Test
  void tells_how_far_it_is_and_ends_when_asked_to() {
    List<Integer> done = new ArrayList<>();
    try (CausalModel model = model("padded")) {
      Perplexity perplexity =
          new Perplexity(
              model, tokenizer, new PerplexitySettings(11, null, Documents.SEPARATE, 100, 5));

      boolean measured =
          perplexity
              .of(DOCUMENTS, (what, at, all) -> done.add(at), () -> done.size() == 3)
              .isPresent();

      assertThat(measured).isFalse();
      assertThat(done).hasSize(3).startsWith(0).isSorted();
    }
  }

  @Test
  void what_the_model_or_the_count_does_not_admit_is_refused() {
    assertThatThrownBy(() -> measure("padded", 14, null))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("the context must be at most the model's 13 positions, but is 14");
    assertThatThrownBy(() -> measure("padded", 1, null))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 2 tokens, not 1");
    assertThatThrownBy(() -> measure("padded", 13, 13))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("the stride must be from 1 to 12");
    assertThatThrownBy(() -> new PerplexitySettings(13, null, Documents.SEPARATE, 99, 5))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 100 times, but were to be 99");
  }
}
