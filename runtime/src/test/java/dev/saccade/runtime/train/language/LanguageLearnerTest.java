package dev.saccade.runtime.train.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.Initializer;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.LayerWithParameters;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.train.Rhythm;
import dev.saccade.runtime.train.StepReport;
import dev.saccade.runtime.train.StopRequest;
import dev.saccade.runtime.train.TrainSettings;
import dev.saccade.runtime.train.TrainedParameter;
import dev.saccade.runtime.train.Trainer;
import dev.saccade.runtime.train.TrainingListener;
import dev.saccade.runtime.train.TrainingResult;
import dev.saccade.runtime.train.language.LanguageLearner.Start;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;

@Timeout(120)
class LanguageLearnerTest {

  private static final int LENGTH = 13;
  private static final int BATCH = 3;
  private static final int LAYERS = 2;

  /** Exact attention with what a mechanism may bring: trained fast, frozen, and drawn anew. */
  private static final TestMechanism FEATURES =
      TestMechanism.of(
          "features",
          new LayerWithParameters(
              List.of(
                  new Parameter(
                      "scale", Shape.of(7), Initializer.constant(1), new Parameter.Trained(10)),
                  Parameter.frozen("fixed", Shape.of(7), Initializer.normal(1)),
                  new Parameter(
                      "drawn", Shape.of(7), Initializer.normal(1), new Parameter.Redrawn(5)))));

  private static Tokenizer tokenizer;

  @TempDir private Path directory;

  private final MechanismRegistry registry = new MechanismRegistry();

  @BeforeAll
  static void learnTokenizer() {
    Nd4jPlatform.start();
    tokenizer = SmallText.tokenizer();
  }

  @BeforeEach
  void install() {
    Stream.of(TestMechanism.softmax(), RunningSum.mechanism(), FEATURES)
        .forEach(mechanism -> registry.add(mechanism, Version.emptyVersion, mechanism.name()));
    SmallText.trained().write(directory.resolve("tokenizer.json"));
  }

  private static OptConfig config() {
    return OptConfig.of(tokenizer.vocabularySize(), 21, LAYERS, 3, 11, LENGTH);
  }

  private PretrainedDecoder untrained() {
    return PretrainedDecoder.untrained("tiny", directory, config(), 5);
  }

  private CausalModel model(PretrainedDecoder decoder, String mechanism) {
    return new CausalModel(decoder, registry, choices(mechanism), 3);
  }

  private static List<SlotChoice> choices(String mechanism) {
    return Collections.nCopies(LAYERS, new SlotChoice(mechanism, Map.of()));
  }

  private static LanguageData data() {
    return LanguageData.of(SmallText.corpus(40), tokenizer, LENGTH, BATCH, 1);
  }

  private static TrainSettings settings(int steps) {
    return TrainSettings.defaults(steps, 1e-2).withRhythm(new Rhythm(steps, 0, 1));
  }

  private TrainingResult train(
      LanguageLearner learner, TrainSettings settings, String run, TrainingListener listener) {
    return new Trainer<>(learner, data(), settings, listener, new StopRequest())
        .begin(directory.resolve(run));
  }

  @ParameterizedTest
  @ValueSource(strings = {"softmax", "running-sum", "features"})
  void every_mechanism_learns_from_scratch(String mechanism) {
    List<Double> losses = new ArrayList<>();
    TrainingListener ear =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            losses.add(report.loss());
          }
        };
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, mechanism);
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      train(learner, settings(30), "run", ear);

      assertThat(losses).hasSize(30);
      assertThat(losses.get(0)).isBetween(5.0, 7.5); // about log 331
      assertThat(mean(losses.subList(20, 30))).isLessThan(losses.get(0) - 0.4);
    }
  }

  private static double mean(List<Double> losses) {
    return losses.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  @Test
  void a_checkpoint_is_a_model_that_opens_to_the_same_numbers_with_all_that_attention_learned() {
    TokenBatch batch = data().batch(0, 0);
    float[] trained;
    TrainingResult result;
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "features");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      result = train(learner, settings(11), "run", TrainingListener.NONE);
      trained = model.surprisals(batch);
    }

    // Another seed, so nothing is drawn as it was.
    try (CausalModel opened =
        CausalModel.open(result.lastCheckpoint(), registry, choices("features"), 17)) {
      assertThat(opened.surprisals(batch)).isEqualTo(trained);
    }
    assertThat(result.lastCheckpoint().resolve("tokenizer.json"))
        .hasSameBinaryContentAs(directory.resolve("tokenizer.json"));
  }

  @Test
  void a_run_that_was_parted_draws_features_as_one_that_was_not() {
    TokenBatch batch = data().batch(0, 0);
    float[] whole;
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "features");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      train(learner, settings(13), "whole", TrainingListener.NONE);
      whole = model.surprisals(batch);
    }
    StopRequest stop = new StopRequest();
    TrainingListener afterSeven =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            if (report.step() == 7) {
              stop.stop("half way");
            }
          }
        };
    Path parted = directory.resolve("parted");
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "features");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      new Trainer<>(learner, data(), settings(13), afterSeven, stop).begin(parted);
    }

    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "features");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      new Trainer<>(learner, data(), settings(13), TrainingListener.NONE, new StopRequest())
          .resume(parted);

      assertThat(model.surprisals(batch)).isEqualTo(whole);
    }
  }

  @Test
  void attention_learns_faster_than_a_pretrained_model_but_not_from_scratch() {
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "features")) {
      try (LanguageLearner further = new LanguageLearner(model, Start.PRETRAINED)) {
        assertThat(further.parameters())
            .allSatisfy(
                parameter ->
                    assertThat(parameter.group())
                        .isEqualTo(
                            parameter.name().endsWith("features.scale")
                                ? TrainedParameter.NEW
                                : TrainedParameter.PRETRAINED));
      }
      try (LanguageLearner scratch = new LanguageLearner(model, Start.SCRATCH)) {
        assertThat(scratch.parameters())
            .extracting(TrainedParameter::group)
            .containsOnly(LanguageLearner.FROM_SCRATCH);
      }
    }
  }

  @Test
  void matrices_and_embeddings_decay_and_vectors_do_not() {
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "softmax");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      assertThat(learner.parameters())
          .isNotEmpty()
          .allSatisfy(
              parameter ->
                  assertThat(parameter.decays())
                      .as(parameter.name())
                      .isEqualTo(
                          parameter.name().endsWith(".kernel")
                              || parameter.name().startsWith("embed_")));
    }
  }

  @Test
  void a_run_goes_on_only_with_the_attention_that_it_began_with() {
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "softmax");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      train(learner, settings(2), "run", TrainingListener.NONE);
    }

    AttentionMechanism other = TestMechanism.softmax().withName("other");
    registry.add(other, Version.emptyVersion, "other");
    try (PretrainedDecoder decoder = untrained();
        CausalModel model = model(decoder, "other");
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      Trainer<TokenBatch> trainer =
          new Trainer<>(learner, data(), settings(2), TrainingListener.NONE, new StopRequest());
      assertThatThrownBy(() -> trainer.resume(directory.resolve("run")))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("attention was")
          .hasMessageContaining("mechanism=softmax")
          .hasMessageContaining("mechanism=other");
    }
  }
}
