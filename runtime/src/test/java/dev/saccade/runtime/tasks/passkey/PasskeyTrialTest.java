package dev.saccade.runtime.tasks.passkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.train.AdamW;
import dev.saccade.runtime.train.AdamWSettings;
import dev.saccade.runtime.train.BatchGradients;
import dev.saccade.runtime.train.GradientSum;
import dev.saccade.runtime.train.StepSeed;
import dev.saccade.runtime.train.language.LanguageLearner;
import dev.saccade.runtime.train.language.LanguageLearner.Start;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.Version;

@Timeout(120)
class PasskeyTrialTest {

  private static final int POSITIONS = 96;
  private static final int LAYERS = 1;
  private static final PasskeySettings SETTINGS =
      new PasskeySettings(List.of(0), 3, PasskeySettings.RIVALS, 200, 5);

  private static Tokenizer tokenizer;

  private final MechanismRegistry registry = new MechanismRegistry();

  @BeforeAll
  static void learnTokenizer() {
    Nd4jPlatform.start();
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(383), Progress.NONE);
    IntStream.range(0, 5).forEach(i -> trainer.add(prompt(i).text()));
    tokenizer = trainer.train().tokenizer();
  }

  /** The very prompts that the trial draws. */
  private static PasskeyPrompt prompt(int number) {
    return PasskeyPrompt.draw(0, new SplittableRandom(StepSeed.of(SETTINGS.seed(), 0, number)));
  }

  private CausalModel model(PretrainedDecoder decoder) {
    TestMechanism softmax = TestMechanism.softmax();
    registry.add(softmax, Version.emptyVersion, softmax.name());
    return new CausalModel(
        decoder, registry, Collections.nCopies(LAYERS, new SlotChoice("softmax", Map.of())), 3);
  }

  private static PretrainedDecoder untrained(int positions) {
    OptConfig config = OptConfig.of(tokenizer.vocabularySize(), 32, LAYERS, 1, 64, positions);
    return PretrainedDecoder.untrained("tiny", Path.of("nowhere"), config, 5);
  }

  private static PasskeyScore score(CausalModel model) {
    return new PasskeyTrial(model, tokenizer, SETTINGS)
        .run(Progress.NONE, () -> false)
        .orElseThrow()
        .get(0);
  }

  @Test
  void a_model_that_knows_the_answers_by_heart_says_and_chooses_them() {
    try (PretrainedDecoder decoder = untrained(POSITIONS);
        CausalModel model = model(decoder)) {
      PasskeyScore before = score(model);
      learnByHeart(model);

      PasskeyScore after = score(model);

      assertThat(before.said()).isZero();
      assertThat(after.said()).isEqualTo(1);
      assertThat(after.chosen()).isEqualTo(1);
      assertThat(after.saidInterval().low()).isEqualTo(1);
      assertThat(after.prompts()).isEqualTo(3);
      assertThat(after.tokens()).isBetween(30.0, 90.0);
    }
  }

  private static void learnByHeart(CausalModel model) {
    List<int[]> texts =
        IntStream.range(0, SETTINGS.prompts())
            .mapToObj(i -> prompt(i).answeredWith(prompt(i).key()) + ".")
            .map(text -> model.tokens(text, tokenizer))
            .toList();
    TokenBatch batch = TokenBatch.ofIds(texts, 1);
    try (LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      AdamW optimizer = new AdamW(learner.parameters(), AdamWSettings.defaults());
      GradientSum sum = new GradientSum(learner.parameters());
      for (int step = 0; step < 150; step++) {
        BatchGradients found = learner.step(batch, step);
        sum.clear();
        sum.add(found.gradients(), found.positions());
        optimizer.update(sum, sum.scale(), 1e-2);
      }
    }
  }

  @Test
  void the_same_seed_gives_the_same_scores() {
    try (PretrainedDecoder decoder = untrained(POSITIONS);
        CausalModel model = model(decoder)) {
      assertThat(score(model)).isEqualTo(score(model));
    }
  }

  @Test
  void a_prompt_that_leaves_no_room_for_an_answer_is_refused() {
    try (PretrainedDecoder decoder = untrained(29);
        CausalModel model = model(decoder)) {
      assertThatThrownBy(() -> score(model))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("a prompt with 0 characters of filler has")
          .hasMessageContaining("but the model has 29 positions; give less --filler");
    }
  }

  @Test
  void a_trial_that_is_stopped_has_no_scores() {
    try (PretrainedDecoder decoder = untrained(POSITIONS);
        CausalModel model = model(decoder)) {
      assertThat(new PasskeyTrial(model, tokenizer, SETTINGS).run(Progress.NONE, () -> true))
          .isEmpty();
    }
  }
}
