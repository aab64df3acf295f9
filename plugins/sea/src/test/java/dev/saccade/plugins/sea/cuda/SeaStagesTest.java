package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every stage of SEA by itself: {@code src/test/cpp/sea}. */
class SeaStagesTest {

  /** Thread after thread, warps and lanes backwards, and at random. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3, 7})
  void every_stage_gives_what_its_formula_gives_in_double_precision(int schedule)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        CpuCompiler.isPossible(), "needs g++ on Linux on x86-64, to run kernels on the CPU");
    String program = CpuCompiler.program(CpuCompiler.CPP.resolve("sea")).toString();

    Process process =
        new ProcessBuilder(program, Integer.toString(schedule)).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
  }
}
