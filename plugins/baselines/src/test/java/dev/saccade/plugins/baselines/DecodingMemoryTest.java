package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.sun.management.ThreadMXBean;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What decodings remember, in bytes. */
class DecodingMemoryTest {

  private static final int H = 3;
  private static final int D = 7;
  private static final int T = 521;

  /** What a key and a value of every head take in float32. */
  private static final long POSITION = 2L * 4 * H * D;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withMaxPositions(T).withMasking(Masking.CAUSAL);

  private static final Inputs INPUTS = Inputs.random(SPEC, LayerSize.self(1, T), 11, null);

  private static final Candidate FLASH = new Candidate(new FlashAttention(), Map.of());

  static Stream<Candidate> ofConstantSize() {
    return Stream.of(
        new Candidate(new LinearAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of("features", "relu")),
        new Candidate(new CosFormerAttention(), Map.of("horizon", "model")),
        new Candidate(new SlidingWindowAttention(), Map.of("window", "71", "globals", "3")));
  }

  private static LayerTrial layer(Candidate candidate) {
    return candidate.trial(SPEC, LayerSize.self(1, 7));
  }

  @ParameterizedTest
  @MethodSource("ofConstantSize")
  void a_longer_text_takes_no_more(Candidate candidate) {
    try (LayerTrial layer = layer(candidate);
        LayerDecoding decoding = layer.decoding(1, T).orElseThrow()) {
      layer.advance(decoding, INPUTS, 0, 250).close(); // all that is global, and the ring
      long ofShort = HeldArrays.bytes(decoding);
      layer.advance(decoding, INPUTS, 250, T).close();

      assertThat(ofShort).isPositive();
      assertThat(HeldArrays.bytes(decoding)).isEqualTo(ofShort);
    }
  }

  @ParameterizedTest
  @MethodSource("ofConstantSize")
  void what_is_held_is_told(Candidate candidate) {
    assertTold(candidate);
  }

  @Test
  void what_exact_attention_holds_is_told() {
    assertTold(FLASH);
  }

  /** All that grows or is written to; the rest is copies of parameters, and no more than a row. */
  private static void assertTold(Candidate candidate) {
    try (LayerTrial layer = layer(candidate);
        LayerDecoding decoding = layer.decoding(1, T).orElseThrow();
        LayerDecoding untold = layer.decoding(1, T).orElseThrow()) {
      long beside = HeldArrays.bytes(untold) - untold.bytes();

      layer.advance(decoding, INPUTS, 0, T).close();

      assertThat(decoding.bytes()).isPositive();
      assertThat(HeldArrays.bytes(decoding) - beside)
          .isCloseTo(decoding.bytes(), withinPercentage(3));
    }
  }

  @ParameterizedTest
  @MethodSource("ofConstantSize")
  void a_step_allocates_no_more_after_a_longer_text(Candidate candidate) {
    try (LayerTrial layer = layer(candidate);
        LayerDecoding decoding = layer.decoding(1, T).orElseThrow()) {
      layer.advance(decoding, INPUTS, 0, 250).close();
      long early = allocatedByAStep(layer, decoding, 250);
      layer.advance(decoding, INPUTS, 270, T - 20).close();
      long late = allocatedByAStep(layer, decoding, T - 20);

      assertThat(late).isCloseTo(early, withinPercentage(10));
    }
  }

  /** The least of twenty steps: what threads and the JIT allocate beside it comes and goes. */
  private static long allocatedByAStep(LayerTrial layer, LayerDecoding decoding, int from) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int position = from; position < from + 20; position++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      layer.advance(decoding, INPUTS, position, position + 1).close();
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  @Test
  void exact_attention_keeps_keys_and_values_and_less_than_a_tile_more() {
    try (LayerTrial layer = layer(FLASH);
        LayerDecoding decoding = layer.decoding(1, T).orElseThrow()) {
      long empty = HeldArrays.bytes(decoding);
      layer.advance(decoding, INPUTS, 0, T).close();

      assertThat(HeldArrays.bytes(decoding) - empty)
          .isBetween(T * POSITION, (T + KeyValueCache.TILE) * POSITION);
    }
  }

  @Test
  void forks_share_their_past_but_for_what_is_written_to() {
    try (LayerTrial layer = layer(FLASH);
        LayerDecoding original = layer.decoding(1, T).orElseThrow()) {
      layer.advance(original, INPUTS, 0, T - 1).close();
      long alone = HeldArrays.bytes(original);
      List<LayerDecoding> all = new ArrayList<>(List.of(original));
      for (int i = 0; i < 5; i++) {
        LayerDecoding fork = original.fork(List.of(0));
        layer.advance(fork, INPUTS, T - 1, T).close();
        all.add(fork);
      }

      long together = HeldArrays.bytes(all);

      assertThat(together - alone).isBetween(1L, 6 * KeyValueCache.TILE * POSITION);
      all.forEach(LayerDecoding::close);
    }
  }

  @Test
  void a_closed_decoding_lets_go_of_everything() {
    try (LayerTrial layer = layer(FLASH)) {
      LayerDecoding decoding = layer.decoding(1, T).orElseThrow();
      layer.advance(decoding, INPUTS, 0, T).close();

      decoding.close();

      assertThat(HeldArrays.bytes(decoding)).isZero();
    }
  }
}
