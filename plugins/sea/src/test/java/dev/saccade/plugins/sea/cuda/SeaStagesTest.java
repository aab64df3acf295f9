package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every stage of SEA by itself: {@code src/test/cpp/sea}. */
class SeaStagesTest {

  /** All sizes, thread after thread; then fewer, warps and lanes backwards, and at random. */
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT) // with each other, while no other class runs
  @ValueSource(strings = {"0", "3 quick", "7 quick"})
  void every_stage_gives_what_its_formula_gives_in_double_precision(String arguments)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        CpuCompiler.isPossible(), "needs g++ on Linux on x86-64, to run kernels on the CPU");
    String program = CpuCompiler.program(CpuCompiler.CPP.resolve("sea")).toString();

    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments.split(" ", -1)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
  }
}
