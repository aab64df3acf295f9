package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SeaAroundScratchTest {

  private static SeaSize size(int length) {
    SeaOptions options = SeaOptions.from(Options.parse(SeaOptions.SCHEMA, Map.of("k", "64")));
    return new SeaSize(
        1, 12, length, 64, 266, Strips.of(SeaTrial.spec(Masking.NONE), options), options);
  }

  @Test
  void memory_grows_with_the_length() {
    long shorter = SeaAroundScratch.at(0, size(1 << 17), false, SeaScratch.FEATURE_BYTES).bytes();
    long longer = SeaAroundScratch.at(0, size(1 << 18), false, SeaScratch.FEATURE_BYTES).bytes();

    assertThat((double) longer / shorter).isBetween(1.9, 2.1);
  }

  @Test
  void so_does_that_of_the_way_back() {
    long shorter = back(0, 1 << 17, ElementType.BF16).bytes();
    long longer = back(0, 1 << 18, ElementType.BF16).bytes();

    assertThat((double) longer / shorter).isBetween(1.9, 2.1);
  }

  private static SeaAroundBackScratch back(long address, int length, ElementType stored) {
    return SeaAroundBackScratch.at(address, size(length), true, stored, SeaScratch.FEATURE_BYTES);
  }

  @Test
  void gradients_of_sixteen_bits_are_added_up_apart() {
    long sums = 3L * 12 * 207 * 64 * Float.BYTES;

    assertThat(back(0, 207, ElementType.F16).bytes() - back(0, 207, ElementType.F32).bytes())
        .isEqualTo(sums);
  }

  @Test
  void nothing_is_taken_twice() {
    SeaAroundScratch scratch =
        SeaAroundScratch.at(1 << 20, size(207), true, SeaScratch.FEATURE_BYTES);

    assertThat(
            List.of(
                scratch.common().kept(),
                scratch.counted(),
                scratch.seen(),
                scratch.places(),
                scratch.greatest(),
                scratch.shifts(),
                scratch.joined(),
                scratch.columns(),
                scratch.groups(),
                scratch.histogram(),
                scratch.equal()))
        .doesNotHaveDuplicates()
        .isSorted()
        .allMatch(address -> address >= 1 << 20 && address < (1 << 20) + scratch.bytes());
    assertThat(scratch.counted()).isEqualTo((1 << 20) + scratch.common().bytes());
  }

  @Test
  void nor_is_it_on_the_way_back() {
    SeaAroundBackScratch scratch = back(1 << 20, 207, ElementType.F16);

    assertThat(
            List.of(
                scratch.forward().equal(),
                scratch.common().transposed(),
                scratch.common().ofFeatures(),
                scratch.refined(),
                scratch.sums(),
                scratch.along(),
                scratch.ofColumns(),
                scratch.strongest(),
                scratch.ofExponents()))
        .doesNotHaveDuplicates()
        .isSorted()
        .allMatch(address -> address >= 1 << 20 && address < (1 << 20) + scratch.bytes());
    assertThat(scratch.refined()).isEqualTo((1 << 20) + scratch.common().bytes());
  }
}
