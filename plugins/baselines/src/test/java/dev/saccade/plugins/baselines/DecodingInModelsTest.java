package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.DecodingModel;
import dev.saccade.runtime.model.CausalDecoding;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecodingInModelsTest {

  static Stream<AttentionMechanism> decoding() {
    return Stream.of(new SoftmaxAttention(), new LinearAttention(), new SlidingWindowAttention());
  }

  @ParameterizedTest
  @MethodSource("decoding")
  void a_text_read_in_portions_gives_the_logits_of_the_whole(AttentionMechanism mechanism) {
    try (DecodingModel model = new DecodingModel(mechanism, Map.of())) {
      assertThat(model.decodingError(1, 1, 5, 1, 23, 1, 1, 13, 1)).isLessThan(2e-5);
    }
  }

  @Test
  void a_text_longer_than_a_portion_is_read_in_several() {
    try (DecodingModel model = new DecodingModel(new SoftmaxAttention(), Map.of())) {
      assertThat(model.decodingError(300, 1)).isLessThan(2e-5);
    }
  }

  @Test
  void a_fork_goes_on_by_itself() {
    try (DecodingModel model = new DecodingModel(new SoftmaxAttention(), Map.of());
        CausalDecoding one = model.model().decode();
        CausalDecoding alone = model.model().decode()) {
      one.prefill(model.text(7, 1));
      alone.prefill(model.text(7, 1));
      alone.step(4);

      try (CausalDecoding other = one.fork()) {
        other.step(5);
        one.step(4);

        assertThat(one.step(6)).isEqualTo(alone.step(6)).isNotEqualTo(other.step(6));
        assertThat(one.position()).isEqualTo(9);
        assertThat(other.position()).isEqualTo(9);
      }
    }
  }
}
