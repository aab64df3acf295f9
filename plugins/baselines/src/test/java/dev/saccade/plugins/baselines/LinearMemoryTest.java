package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Mechanisms that say their memory is linear take no more a position at any length. */
class LinearMemoryTest {

  private static final int H = 3;
  private static final int D = 7;

  static Stream<Arguments> linear() {
    return Candidate.all().stream()
        .filter(candidate -> candidate.mechanism().capabilities().memory().exponent() == 1)
        .flatMap(
            candidate ->
                Stream.of(Masking.NONE, Masking.CAUSAL)
                    .map(masking -> Arguments.of(candidate, masking)));
  }

  @ParameterizedTest
  @MethodSource("linear")
  void forward_and_backward_take_no_more_a_position_at_four_times_the_length(
      Candidate candidate, Masking masking) {
    double ofShort = bytesPerPosition(candidate, masking, 512);
    double ofLong = bytesPerPosition(candidate, masking, 2048);

    // Less is what threads work in: it does not grow, so it is less a position.
    assertThat(ofLong).isLessThan(1.1 * ofShort);
  }

  private static double bytesPerPosition(Candidate candidate, Masking masking, int length) {
    AttentionSpec spec =
        AttentionSpec.multiHead(H, D).withMaxPositions(length).withMasking(masking);
    LayerSize size = LayerSize.self(1, length);
    Inputs inputs = Inputs.random(spec, size, 1, null);
    try (LayerTrial layer = candidate.trial(spec, size)) {
      layer.gradients(inputs, LayerTrial.gaussian(new SplittableRandom(2), 1, H, length, D));
      return (double) layer.peakBytes() / length;
    }
  }
}
