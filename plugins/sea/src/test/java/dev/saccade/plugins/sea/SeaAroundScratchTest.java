package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

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
  void nothing_is_taken_twice() {
    SeaAroundScratch scratch = SeaAroundScratch.at(1 << 20, size(207), true, SeaScratch.FEATURE_BYTES);

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
}
