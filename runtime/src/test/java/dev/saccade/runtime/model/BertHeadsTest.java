package dev.saccade.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyEncoder;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Version;

/** Both heads of an encoder against {@link PlainHeads}, on the hidden states of the encoder. */
@Timeout(120)
class BertHeadsTest {

  private static final TokenBatch BATCH =
      TokenBatch.ofIds(List.of(new int[] {3, 9, 4, 16, 5}, new int[] {7, 3, 12}), 0);

  /** Float32 through a head; numbers are of the order of one to ten. */
  private static final double ROUNDING = 2e-5;

  @TempDir Path directory;

  private PretrainedModel pretrained;
  private EncoderModel model;
  private PlainHeads plain;

  @BeforeEach
  void open() {
    MechanismRegistry registry = new MechanismRegistry();
    registry.add(TestMechanism.softmax(), Version.emptyVersion, "softmax");
    pretrained = TinyEncoder.withHeads(directory);
    // Biases and norms begin as zeros and ones, which would hide that one is left out.
    pretrained.weights().names().stream()
        .filter(name -> name.endsWith("bias") || name.contains("LayerNorm"))
        .map(pretrained.weights()::get)
        .forEach(
            weight -> {
              for (int i = 0; i < weight.length(); i++) {
                weight.putScalar(i, weight.getDouble(i) + 0.3 * Math.sin(1 + 7 * i));
              }
            });
    SlotChoice softmax = new SlotChoice("softmax", Map.of());
    model = new EncoderModel(pretrained, registry, List.of(softmax, softmax), 3);
    plain = new PlainHeads(pretrained.weights(), TinyEncoder.CONFIG.layerNormEpsilon());
  }

  @AfterEach
  void close() {
    model.close();
    pretrained.close();
  }

  /** The last hidden state of every position, padding included; {@code [B·T][C]}. */
  private float[][] hidden() {
    float[] all = model.trace(BATCH, Set.of()).hidden().get(TinyEncoder.CONFIG.layers());
    int features = TinyEncoder.CONFIG.hiddenSize();
    return IntStream.range(0, all.length / features)
        .mapToObj(n -> Arrays.copyOfRange(all, n * features, (n + 1) * features))
        .toArray(float[][]::new);
  }

  private void requireSame(Objective objective, int[] labels, PlainHeads.Result expected) {
    try (LearningModel learning = model.learning(objective);
        LossGradients found = learning.gradients(BATCH, labels)) {
      assertThat(found.loss()).isCloseTo(expected.loss(), within(ROUNDING));
      expected
          .gradients()
          .forEach(
              (name, gradient) -> {
                LearnedParameter parameter =
                    learning.parameters().stream()
                        .filter(each -> each.name().equals(name))
                        .findFirst()
                        .orElseThrow();
                double largest = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
                assertThat(largest).as(name).isGreaterThan(1e-3);
                assertThat(found.of(parameter).dup('c').reshape(-1).toDoubleVector())
                    .as(name)
                    .containsExactly(gradient, within(ROUNDING * Math.max(1, largest)));
              });
    }
  }

  @Test
  void the_head_for_masked_words_is_the_published_one() {
    int[] labels = {-100, 9, -100, 16, -100, 7, -100, 11, -100, -100};
    PlainHeads.Result expected = plain.words(hidden(), labels);

    Logits logits = model.tokenLogits(BATCH);

    for (int b = 0; b < BATCH.sequences(); b++) {
      for (int t = 0; t < BATCH.length(b); t++) {
        requireClose(logits.at(b, t), expected.logits().get(b * BATCH.positions() + t));
      }
    }
    assertThat(expected.gradients()).hasSize(5);
    requireSame(Objective.MASKED_TOKEN, labels, expected);
  }

  @Test
  void the_head_for_classes_is_the_published_one() {
    int[] labels = {2, 0};
    float[][] hidden = hidden();
    PlainHeads.Result expected =
        plain.classes(new float[][] {hidden[0], hidden[BATCH.positions()]}, labels);

    Logits logits = model.classLogits(BATCH);

    for (int b = 0; b < BATCH.sequences(); b++) {
      requireClose(logits.at(b, 0), expected.logits().get(b));
    }
    assertThat(expected.gradients()).hasSize(4);
    requireSame(Objective.CLASS, labels, expected);
  }

  private static void requireClose(float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .isCloseTo(expected[i], within(ROUNDING * Math.max(1, Math.abs(expected[i]))));
    }
  }
}
