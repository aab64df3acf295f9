package dev.saccade.runtime.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.generate.GeneratedText.Ending;
import dev.saccade.runtime.generate.GenerationSettings.Beyond;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;

/**
 * A model that has learned nothing, with a mechanism that decodes and two that do not, of which one
 * knows padding: {@code softmax} and {@code padded}.
 */
@Timeout(120)
class GeneratorTest {

  private static final int POSITIONS = 23;
  private static final String PROMPT = "the eye";
  private static final Sampling WILD = Sampling.at(1.5, 11);

  private static final MechanismRegistry REGISTRY = new MechanismRegistry();
  private static Tokenizer tokenizer;
  private static PretrainedDecoder pretrained;

  @BeforeAll
  static void open() {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(271), Progress.NONE);
    trainer.add("the eye of the eye jumps to the eye; the ape jümps too, the ape jümps far");
    tokenizer = trainer.train().tokenizer();
    pretrained = decoder(2);
    TestMechanism softmax = TestMechanism.softmax();
    Capabilities safe = softmax.capabilities().withFeatures(Feature.PADDING_INVARIANT);
    REGISTRY.add(RunningSum.mechanism(), Version.emptyVersion, "sum");
    REGISTRY.add(softmax, Version.emptyVersion, "softmax");
    REGISTRY.add(softmax.withName("padded").withCapabilities(safe), Version.emptyVersion, "padded");
  }

  private static PretrainedDecoder decoder(int endId) {
    return TinyDecoder.open(
        OptConfig.of(tokenizer.vocabularySize() + 2, 21, 2, 3, 11, POSITIONS)
            .withTokens(1, 2, endId));
  }

  @AfterAll
  static void close() {
    pretrained.close();
  }

  private static CausalModel model(PretrainedDecoder weights, String mechanism) {
    Map<String, String> options =
        mechanism.equals("running-sum") ? Map.of("factor", "0.1") : Map.of();
    SlotChoice choice = new SlotChoice(mechanism, options);
    return new CausalModel(weights, REGISTRY, List.of(choice, choice), 3);
  }

  private static GeneratedText generate(String prompt, GenerationSettings settings) {
    try (CausalModel model = model(pretrained, "running-sum")) {
      return new Generator(model, tokenizer).generate(prompt, settings, GenerationListener.NONE);
    }
  }

  /** The likeliest next token, from the logits of the whole text. */
  private static int likeliest(CausalModel model, List<Integer> text) {
    int[] ids = text.stream().mapToInt(Integer::intValue).toArray();
    float[] logits =
        Arrays.copyOf(
            model.logits(TokenBatch.ofIds(List.of(ids), 1)).at(0, ids.length - 1),
            tokenizer.vocabularySize());
    return IntStream.range(0, logits.length)
        .reduce((best, token) -> logits[token] > logits[best] ? token : best)
        .orElseThrow();
  }

  private static List<Integer> begun(String prompt) {
    List<Integer> text = new ArrayList<>(List.of(2));
    Arrays.stream(tokenizer.textIds(prompt)).forEach(text::add);
    return text;
  }

  @ParameterizedTest
  @ValueSource(strings = {"running-sum", "softmax", "padded"})
  void greedy_is_the_likeliest_token_of_the_whole_text(String mechanism) {
    try (CausalModel model = model(pretrained, mechanism)) {
      List<Integer> text = begun(PROMPT);
      int prompt = text.size();
      while (text.size() < POSITIONS) {
        text.add(likeliest(model, text));
      }

      GeneratedText found =
          new Generator(model, tokenizer)
              .generate(
                  PROMPT,
                  GenerationSettings.of(Sampling.GREEDY, POSITIONS - prompt),
                  GenerationListener.NONE);

      assertThat(found.tokens()).isEqualTo(text.subList(prompt, POSITIONS));
      assertThat(found.ending()).isEqualTo(Ending.LENGTH);
      assertThat(found.promptTokens()).isEqualTo(prompt);
      assertThat(model.decodes()).isEqualTo(mechanism.equals("running-sum"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"running-sum", "padded"})
  void a_window_slides_by_half_and_is_read_anew(String mechanism) {
    try (CausalModel model = model(pretrained, mechanism)) {
      List<Integer> window = begun(PROMPT);
      List<Integer> expected = new ArrayList<>();
      int slides = 0;
      while (expected.size() < 3 * POSITIONS) {
        int token = likeliest(model, window);
        expected.add(token);
        window.add(token);
        if (window.size() > POSITIONS) {
          window = new ArrayList<>(window.subList(POSITIONS / 2, window.size()));
          slides++;
        }
      }

      GeneratedText found =
          new Generator(model, tokenizer)
              .generate(
                  PROMPT,
                  GenerationSettings.of(Sampling.GREEDY, expected.size()).withBeyond(Beyond.SLIDE),
                  GenerationListener.NONE);

      assertThat(found.tokens()).isEqualTo(expected);
      assertThat(found.slides()).isEqualTo(slides).isGreaterThan(2);
    }
  }

  @Test
  void of_a_prompt_that_is_too_long_a_sliding_window_reads_the_end() {
    String tooLong = "the eye jumps ".repeat(12);
    List<Integer> text = begun(tooLong);
    assertThat(text).hasSizeGreaterThan(POSITIONS);
    int expected;
    try (CausalModel model = model(pretrained, "running-sum")) {
      expected = likeliest(model, text.subList(text.size() - POSITIONS, text.size()));
    }

    GeneratedText found =
        generate(tooLong, GenerationSettings.of(Sampling.GREEDY, 2).withBeyond(Beyond.SLIDE));

    assertThat(found.tokens()).hasSize(2).startsWith(expected);
    assertThat(found.slides()).isEqualTo(1);
  }

  @Test
  void what_does_not_fit_is_refused_before_anything_is_written() {
    int prompt = begun(PROMPT).size();
    int most = POSITIONS - prompt + 1;

    assertThat(generate(PROMPT, GenerationSettings.of(WILD, most)).tokens()).hasSize(most);
    assertThatThrownBy(() -> generate(PROMPT, GenerationSettings.of(WILD, most + 1)))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "%d tokens of the prompt and %d more do not fit the model's 23 positions; ask for at most %d, or let the window slide (--beyond slide)",
            prompt, most + 1, most);
    assertThatThrownBy(() -> generate("the eye jumps ".repeat(12), GenerationSettings.of(WILD, 1)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("but the model has 23 positions; shorten it");
  }

  @Test
  void what_a_listener_hears_is_the_text_and_the_text_is_the_tokens() {
    StringBuilder heard = new StringBuilder();
    GenerationSettings settings =
        GenerationSettings.of(WILD, 300).withBeyond(Beyond.SLIDE).withStops("no such text");

    GeneratedText found;
    try (CausalModel model = model(pretrained, "running-sum")) {
      found =
          new Generator(model, tokenizer)
              .generate(PROMPT, settings, (prompt, text) -> heard.append(text));
    }

    int[] tokens = found.tokens().stream().mapToInt(Integer::intValue).toArray();
    assertThat(found.text()).isEqualTo(tokenizer.decode(tokens)).isEqualTo(heard.toString());
    // Bytes of characters came, which only together with others are text.
    assertThat(found.text()).contains("\uFFFD");
  }

  @Test
  void a_stop_string_ends_the_text_and_nobody_sees_it() {
    GenerationSettings settings = GenerationSettings.of(WILD, 15);
    String whole = generate(PROMPT, settings).text();
    String stop = whole.substring(7, 9);
    StringBuilder heard = new StringBuilder();

    GeneratedText found;
    try (CausalModel model = model(pretrained, "running-sum")) {
      found =
          new Generator(model, tokenizer)
              .generate(PROMPT, settings.withStops(stop), (prompt, text) -> heard.append(text));
    }

    assertThat(found.ending()).isEqualTo(Ending.STOP_STRING);
    assertThat(found.text())
        .isEqualTo(whole.substring(0, whole.indexOf(stop)))
        .isEqualTo(heard.toString());
    assertThat(found.tokens()).hasSizeLessThan(15);
  }

  @Test
  void the_end_token_ends_a_text_and_is_not_part_of_it() {
    List<Integer> greedy = generate(PROMPT, GenerationSettings.of(Sampling.GREEDY, 9)).tokens();
    int end = greedy.get(4);
    int first = greedy.indexOf(end);

    try (PretrainedDecoder ending = decoder(end);
        CausalModel model = model(ending, "running-sum")) {
      GeneratedText found =
          new Generator(model, tokenizer)
              .generate(PROMPT, GenerationSettings.of(Sampling.GREEDY, 9), GenerationListener.NONE);

      assertThat(found.ending()).isEqualTo(Ending.END_TOKEN);
      assertThat(found.tokens()).isEqualTo(greedy.subList(0, first));
    }
  }

  @Test
  void a_seed_gives_its_text_again_and_another_seed_another() {
    GenerationSettings settings = GenerationSettings.of(WILD, 12);

    GeneratedText once = generate(PROMPT, settings);

    assertThat(generate(PROMPT, settings)).isEqualTo(once);
    assertThat(generate(PROMPT, GenerationSettings.of(Sampling.at(1.5, 12), 12)).tokens())
        .isNotEqualTo(once.tokens());
  }

  @Test
  void texts_together_are_the_texts_alone() {
    GenerationSettings settings = GenerationSettings.of(WILD.withTopK(40).withTopP(0.9), 12);
    List<String> prompts = List.of(PROMPT, "", "far");

    List<GeneratedText> together;
    List<String> heard = new ArrayList<>(List.of("", "", ""));
    try (CausalModel model = model(pretrained, "running-sum")) {
      together =
          new Generator(model, tokenizer)
              .generate(
                  prompts,
                  settings,
                  (prompt, text) -> heard.set(prompt, heard.get(prompt) + text),
                  () -> false);
    }

    assertThat(together)
        .isEqualTo(prompts.stream().map(prompt -> generate(prompt, settings)).toList());
    assertThat(together).extracting(GeneratedText::text).isEqualTo(heard);
  }

  @Test
  void an_empty_prompt_is_the_beginning_token_alone() {
    try (CausalModel model = model(pretrained, "running-sum")) {
      GeneratedText found = generate("", GenerationSettings.of(Sampling.GREEDY, 1));

      assertThat(found.promptTokens()).isEqualTo(1);
      assertThat(found.tokens()).containsExactly(likeliest(model, List.of(2)));
    }
  }

  @Test
  void an_interrupted_text_ends_where_it_is_and_no_other_begins() {
    AtomicInteger asked = new AtomicInteger();

    try (CausalModel model = model(pretrained, "running-sum")) {
      List<GeneratedText> found =
          new Generator(model, tokenizer)
              .generate(
                  List.of(PROMPT, PROMPT),
                  GenerationSettings.of(WILD, 12),
                  GenerationListener.NONE,
                  () -> asked.incrementAndGet() > 4);

      assertThat(found).hasSize(1);
      assertThat(found.get(0).ending()).isEqualTo(Ending.INTERRUPTED);
      assertThat(found.get(0).tokens()).hasSize(4);
    }
  }

  @Test
  void interrupting_the_thread_interrupts_the_text_and_stays_known() {
    try (CausalModel model = model(pretrained, "running-sum")) {
      GeneratedText found =
          new Generator(model, tokenizer)
              .generate(
                  PROMPT,
                  GenerationSettings.of(WILD, 12),
                  (prompt, text) -> Thread.currentThread().interrupt());

      assertThat(found.ending()).isEqualTo(Ending.INTERRUPTED);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void a_tokenizer_of_another_model_is_refused() {
    try (PretrainedDecoder small = TinyDecoder.open();
        CausalModel model = model(small, "running-sum")) {
      Generator generator = new Generator(model, tokenizer);

      assertThatThrownBy(
              () ->
                  generator.generate(
                      PROMPT, GenerationSettings.of(WILD, 1), GenerationListener.NONE))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("the tokenizer has 271 tokens, but the model only 17");
    }
  }

  @Test
  void settings_that_make_no_sense_are_refused() {
    assertThatThrownBy(() -> GenerationSettings.of(WILD, 0))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("at least 1 token to write, but the most is 0");
    assertThatThrownBy(() -> GenerationSettings.of(WILD, 1).withStops(".", " ", ""))
        .hasMessageContaining("one is empty");
    assertThatThrownBy(
            () -> {
              try (CausalModel model = model(pretrained, "running-sum")) {
                new Generator(model, tokenizer)
                    .generate(
                        List.of(),
                        GenerationSettings.of(WILD, 1),
                        GenerationListener.NONE,
                        () -> false);
              }
            })
        .hasMessageContaining("there is no prompt");
  }
}
