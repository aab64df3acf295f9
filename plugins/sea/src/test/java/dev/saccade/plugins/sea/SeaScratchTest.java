package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SeaScratchTest {

  private static SeaSize size(int length) {
    SeaOptions options = SeaOptions.from(Options.parse(SeaOptions.SCHEMA, Map.of("k", "64")));
    return new SeaSize(
        1, 12, length, 64, 266, Strips.of(SeaTrial.spec(Masking.CAUSAL), options), options);
  }

  @Test
  void memory_grows_with_the_length() {
    long shorter = SeaScratch.at(0, size(1 << 17), false).bytes();
    long longer = SeaScratch.at(0, size(1 << 18), false).bytes();

    assertThat((double) longer / shorter).isBetween(1.9, 2.1);
  }

  @Test
  void so_does_that_of_the_way_back() {
    long shorter = back(1 << 17, ElementType.BF16);
    long longer = back(1 << 18, ElementType.BF16);

    assertThat((double) longer / shorter).isBetween(1.9, 2.1);
  }

  @Test
  void gradients_of_sixteen_bits_are_added_up_apart() {
    long sums = 3L * 12 * 207 * 64 * Float.BYTES;

    assertThat(back(207, ElementType.F16) - back(207, ElementType.F32)).isEqualTo(sums);
  }

  private static long back(int length, ElementType stored) {
    return SeaBackScratch.at(0, size(length), false, stored, SeaScratch.FEATURE_BYTES).bytes();
  }

  @Test
  void features_of_a_long_sequence_are_of_few_heads_at_once() {
    assertThat(SeaScratch.at(0, size(1 << 13), false).headsAtOnce()).isEqualTo(12);
    assertThat(SeaScratch.at(0, size(1 << 16), false).headsAtOnce()).isEqualTo(2);
    assertThat(SeaScratch.at(0, size(1 << 18), false).headsAtOnce()).isEqualTo(1);
  }

  @Test
  void nothing_is_taken_twice() {
    SeaScratch scratch = SeaScratch.at(1 << 20, size(207), true);

    assertThat(
            List.of(
                scratch.ranks(),
                scratch.positions(),
                scratch.valueSums(),
                scratch.queryFeatures(),
                scratch.keyFeatures(),
                scratch.states(),
                scratch.rough(),
                scratch.hidden(),
                scratch.gates(),
                scratch.picture(),
                scratch.refined(),
                scratch.weights(),
                scratch.kept()))
        .doesNotHaveDuplicates()
        .isSorted()
        .allMatch(address -> address >= 1 << 20 && address < (1 << 20) + scratch.bytes());
  }
}
