package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.conformance.DecodingModel;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecodingInModelsTest {

  @ParameterizedTest
  @ValueSource(strings = {"scores", "queries"})
  void a_text_read_in_portions_gives_the_logits_of_the_whole(String scale) {
    Map<String, String> options = Map.of("k", "3", "width", "16", "scale", scale);

    try (DecodingModel model = new DecodingModel(new SeaAttention(), options)) {
      assertThat(model.decodingError(1, 1, 5, 1, 23, 1, 1, 13, 1)).isLessThan(2e-5);
    }
  }
}
