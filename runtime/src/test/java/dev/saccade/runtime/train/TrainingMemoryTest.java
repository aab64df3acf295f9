package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.train.MemoryChild.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingMemoryTest {

  private static final long MIB = 1 << 20;
  private static final long BYTES_A_STEP = 16 << 10;

  @TempDir Path directory;

  @Test
  void steps_with_evaluations_and_checkpoints_leave_nothing_behind() throws Exception {
    ChildJvm child =
        ChildJvm.start(
            directory.resolve("printed"),
            MemoryChild.class,
            List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"),
            directory.resolve("run").toString());

    assertThat(child.exit()).as(child.output()).isZero();

    List<Level> levels =
        child.output().lines().filter(line -> line.matches("[\\d ]+")).map(Level::parse).toList();
    assertThat(levels).hasSize(MemoryChild.STEPS / MemoryChild.EVERY);
    Level before = levels.get(0);
    Level after = levels.get(levels.size() - 1);
    assertThat(after.arrays()).as("arrays of ND4J, %s", levels).isEqualTo(before.arrays());
    assertThat(after.heap())
        .as("bytes of the heap, %s", levels)
        .isLessThan(before.heap() + MIB / 2);
    // What compilers and allocators keep comes in leaps; what every step leaves behind never rests.
    assertThat(leastGrowth(levels))
        .as("bytes of the process, %s", levels)
        .isLessThan(MemoryChild.EVERY * BYTES_A_STEP);
  }

  private static long leastGrowth(List<Level> levels) {
    return IntStream.range(1, levels.size())
        .mapToLong(i -> levels.get(i).process() - levels.get(i - 1).process())
        .min()
        .orElseThrow();
  }
}
