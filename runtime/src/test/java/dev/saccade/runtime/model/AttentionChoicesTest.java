package dev.saccade.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.Version;

class AttentionChoicesTest {

  @TempDir private Path directory;

  @Test
  void a_saved_model_says_what_attention_each_layer_had() {
    MechanismRegistry registry = new MechanismRegistry();
    registry.add(TestMechanism.softmax(), Version.emptyVersion, "test");
    SlotChoice choice = new SlotChoice("softmax", Map.of());
    try (PretrainedDecoder weights = TinyDecoder.open();
        CausalModel model = new CausalModel(weights, registry, List.of(choice, choice), 3)) {
      model.save(directory, TensorType.F32);
    }

    try (PretrainedDecoder saved = PretrainedDecoder.open(directory)) {
      assertThat(AttentionChoices.of(saved)).contains(List.of(choice, choice));
    }
  }

  @Test
  void options_are_kept_in_their_order() {
    List<SlotChoice> choices =
        List.of(new SlotChoice("sea", Map.of("k", "16")), new SlotChoice("flash", Map.of()));
    try (PretrainedDecoder weights = TinyDecoder.open()) {
      weights.save(directory, TensorType.F16);
    }

    AttentionChoices.write(directory, choices);

    try (PretrainedDecoder saved = PretrainedDecoder.open(directory)) {
      assertThat(AttentionChoices.of(saved)).contains(choices);
    }
  }

  @Test
  void a_model_that_others_saved_says_nothing() {
    try (PretrainedDecoder weights = TinyDecoder.open()) {
      weights.save(directory, TensorType.F32);
    }

    try (PretrainedDecoder saved = PretrainedDecoder.open(directory)) {
      assertThat(AttentionChoices.of(saved)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"layers": [{"mechanism": "a", "options": {}}]}    | each of 2 layers but are 1
          {"layers": {}}                                     | must be an array
          {"layers": [{"mechanism": 3, "options": {}}]}      | must be a string
          {"layers": [], "heads": 3}                         | heads
          {"layers": [{"mechanism": "a", "options": {"k": 1}}]} | must be a string
          {                                                  | attention.json
          """)
  void what_does_not_fit_is_refused(String json, String words) throws IOException {
    try (PretrainedDecoder weights = TinyDecoder.open()) {
      weights.save(directory, TensorType.F32);
    }
    Files.writeString(directory.resolve("attention.json"), json);

    try (PretrainedDecoder saved = PretrainedDecoder.open(directory)) {
      assertThatThrownBy(() -> AttentionChoices.of(saved))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining(words);
    }
  }
}
