package dev.saccade.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.Parameter;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.fixture.TinyEncoder;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.LearnedParameter.Origin;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.osgi.framework.Version;

@Timeout(120)
class LearningModelTest {

  private static final int[] TEXT = {3, 9, 4, 16, 5};
  private static final int[] OTHER = {7, 3, 12};
  private static final int[] LABELS = {3, 9, 4, 16, 5, 7, 3, 12, -100, -100};

  @TempDir static Path directory;

  private final MechanismRegistry registry = new MechanismRegistry();
  private InstalledMechanism runningSum;
  private PretrainedDecoder decoder;
  private CausalModel causal;

  @BeforeEach
  void open() {
    runningSum = registry.add(RunningSum.mechanism(), Version.emptyVersion, "sum");
    registry.add(TestMechanism.softmax(), Version.emptyVersion, "softmax");
    decoder = TinyDecoder.open();
    causal = new CausalModel(decoder, registry, twice("softmax"), 3);
  }

  @AfterEach
  void close() {
    causal.close();
    decoder.close();
  }

  private static List<SlotChoice> twice(String mechanism) {
    SlotChoice choice = new SlotChoice(mechanism, Map.of());
    return List.of(choice, choice);
  }

  private static TokenBatch batch() {
    return TokenBatch.ofIds(List.of(TEXT, OTHER), 1);
  }

  @Test
  void the_loss_is_the_mean_surprisal_of_all_next_tokens() {
    float[] surprisals = causal.surprisals(batch());
    double sum = 0;
    for (float surprisal : surprisals) {
      sum += surprisal;
    }

    try (LearningModel learning = causal.learning();
        LossGradients found = learning.gradients(batch(), LABELS)) {
      assertThat(found.loss()).isCloseTo(sum / 6, within(1e-5));
      assertThat(learning.loss(batch(), LABELS)).isCloseTo(sum / 6, within(1e-5));
      assertThat(found.parts()).containsOnlyKeys("loss.NEXT_TOKEN");
      assertThat(found.peakBytes()).isPositive();
    }
  }

  @Test
  void every_weight_of_a_decoder_has_a_gradient_that_finite_differences_agree_with() {
    try (LearningModel learning = causal.learning()) {
      assertThat(learning.parameters())
          .extracting(LearnedParameter::name)
          .containsExactlyElementsOf(decoder.weights().names());
      requireTrueGradients(learning, batch(), LABELS);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Objective.class,
      names = {"MASKED_TOKEN", "CLASS"})
  void the_heads_of_an_encoder_have_gradients_that_finite_differences_agree_with(
      Objective objective) {
    int[] labels =
        objective == Objective.CLASS
            ? new int[] {2, 0}
            : new int[] {-100, 9, -100, 16, -100, 7, -100, -100, -100, -100};
    try (PretrainedModel pretrained = TinyEncoder.withHeads(directory);
        EncoderModel model = new EncoderModel(pretrained, registry, twice("softmax"), 3);
        LearningModel learning = model.learning(objective)) {
      requireTrueGradients(learning, batch(), labels);
      assertThat(learning.parameters())
          .extracting(LearnedParameter::name)
          .contains("embeddings.word_embeddings.weight")
          .anyMatch(name -> name.startsWith(objective == Objective.CLASS ? "classifier" : "cls."))
          .noneMatch(name -> name.startsWith(objective == Objective.CLASS ? "cls." : "classifier"));
    }
  }

  /** Along the gradient the loss must rise by the square of its length. */
  private static void requireTrueGradients(LearningModel learning, TokenBatch batch, int[] labels) {
    for (LearnedParameter parameter : learning.parameters()) {
      INDArray direction;
      try (LossGradients found = learning.gradients(batch, labels)) {
        direction = found.of(parameter).dup();
      }
      double length = direction.norm2Number().doubleValue();
      INDArray kept = parameter.value().dup();
      double step = 0.002 / Math.max(length, 1e-3);
      parameter.value().addi(direction.mul(step));
      double above = learning.loss(batch, labels);
      parameter.value().assign(kept).subi(direction.mul(step));
      double below = learning.loss(batch, labels);
      parameter.value().assign(kept);

      double slope = (above - below) / (2 * step);
      assertThat(slope)
          .as(parameter.name())
          .isCloseTo(length * length, within(0.05 * length * length + 1e-3 * length + 1e-6));
    }
  }

  @Test
  void mechanisms_bring_parameters_of_their_own() {
    causal.useAttention("running-sum", Map.of("factor", "0.1"));

    try (LearningModel learning = causal.learning();
        LossGradients found = learning.gradients(batch(), LABELS)) {
      LearnedParameter gain =
          learning.parameters().stream()
              .filter(parameter -> parameter.name().equals("layer.1.running-sum.gain"))
              .findFirst()
              .orElseThrow();
      assertThat(gain.origin()).isEqualTo(Origin.MECHANISM);
      assertThat(gain.update()).isEqualTo(new Parameter.Trained(1));
      assertThat(gain.learningRateScale()).isEqualTo(1);
      assertThat(found.of(gain).getDouble(0)).isNotZero();
    }
  }

  @Test
  void following_the_gradient_lowers_the_loss() {
    try (LearningModel learning = causal.learning()) {
      double before = learning.loss(batch(), LABELS);

      for (int step = 0; step < 40; step++) {
        try (LossGradients found = learning.gradients(batch(), LABELS)) {
          for (LearnedParameter parameter : learning.parameters()) {
            parameter.value().subi(found.of(parameter).mul(0.002));
          }
        }
      }

      assertThat(learning.loss(batch(), LABELS)).isLessThan(before / 2);
      assertThat(causal.surprisals(batch())).as("the model itself has learned").isNotNull();
    }
  }

  @Test
  void a_student_that_is_its_teacher_has_nothing_to_learn_but_the_task() {
    DistillationWeights weights = DistillationWeights.LANGUAGE;
    try (PretrainedDecoder same = TinyDecoder.open();
        CausalModel teacher = new CausalModel(same, registry, twice("softmax"), 3);
        LearningModel learning = causal.learningFrom(teacher, weights);
        LossGradients found = learning.gradients(batch(), LABELS)) {
      double task = Objects.requireNonNull(found.parts().get("loss.NEXT_TOKEN"));

      assertThat(found.parts().get("distillation.hidden")).isZero();
      assertThat(found.parts().get("distillation.logits")).isCloseTo(0, within(1e-6));
      assertThat(found.loss()).isCloseTo(0.1 * task, within(1e-5));
    }
  }

  @Test
  void a_teacher_of_other_sizes_is_refused() {
    try (PretrainedDecoder small = TinyDecoder.open(OptConfig.of(17, 12, 2, 3, 11, 13));
        CausalModel teacher = new CausalModel(small, registry, twice("softmax"), 3)) {
      assertThatThrownBy(() -> causal.learningFrom(teacher, DistillationWeights.LANGUAGE))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("the same sizes");
    }
  }

  @Test
  void labels_that_do_not_fit_are_refused() {
    try (LearningModel learning = causal.learning()) {
      assertThatThrownBy(() -> learning.loss(batch(), new int[9]))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("a batch of [2, 5] needs 10 labels but there are 9");
      assertThatThrownBy(
              () -> learning.loss(batch(), new int[] {1, -1, -1, -1, -1, 1, -1, -1, -1, -1}))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("no label of the batch counts");
    }
  }

  @Test
  void a_model_without_a_head_cannot_learn_by_it() {
    try (PretrainedModel pretrained = TinyEncoder.open(directory);
        EncoderModel model = new EncoderModel(pretrained, registry, twice("softmax"), 3)) {
      assertThatThrownBy(() -> model.learning(Objective.MASKED_TOKEN))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("tiny has no head for MASKED_TOKEN");
      assertThatThrownBy(() -> model.learning(Objective.NEXT_TOKEN))
          .isInstanceOf(SaccadeException.class);
    }
  }

  @Test
  void a_bundle_can_leave_between_two_steps_and_ends_learning() {
    causal.useAttention("running-sum", Map.of());
    try (LearningModel learning = causal.learning()) {
      learning.loss(batch(), LABELS);

      assertThat(registry.remove(runningSum, Duration.ofSeconds(20))).isTrue();

      assertThatThrownBy(() -> learning.loss(batch(), LABELS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the bundle of a mechanism left");
    }
  }
}
