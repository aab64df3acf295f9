package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kernels under AddressSanitizer and UndefinedBehaviorSanitizer: what they read and write to the
 * byte, where the fake driver sees 16 of them, and what C++ leaves open: shifts too far, signed
 * numbers too large, floats that no integer holds, pointers that are not aligned.
 */
class SanitizedKernelsTest {

  private static final List<String> SANITIZERS =
      List.of(
          "-fsanitize=address,undefined",
          "-fsanitize=float-cast-overflow",
          "-fno-sanitize-recover=all",
          "-fno-omit-frame-pointer");

  /** The first thing that is found ends a program, with words on standard error. */
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT) // with each other, while no other class runs
  @ValueSource(strings = {"exact", "sea"})
  void nothing_is_found_at_the_edges(String folder) throws Exception {
    Assumptions.assumeTrue(
        CpuCompiler.isPossible(), "needs g++ on Linux on x86-64, to run kernels on the CPU");
    Assumptions.assumeTrue(hasSanitizers(), "needs libasan and libubsan, which come with g++");
    String program = CpuCompiler.program(CpuCompiler.CPP.resolve(folder), SANITIZERS).toString();

    // A barrier leaves a stack for another one, of which sanitizers know nothing.
    ProcessBuilder builder = new ProcessBuilder(program, "0", "quick").redirectErrorStream(true);
    builder.environment().put("ASAN_OPTIONS", "detect_stack_use_after_return=0:detect_leaks=0");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
  }

  /** They are libraries of their own, which some distributions leave out. */
  private static boolean hasSanitizers() throws Exception {
    for (String library : List.of("libasan.so", "libubsan.so")) {
      Process asking = new ProcessBuilder("g++", "-print-file-name=" + library).start();
      byte[] said = asking.getInputStream().readAllBytes();
      if (!Files.exists(Path.of(new String(said, StandardCharsets.UTF_8).strip()))) {
        return false;
      }
    }
    return true;
  }
}
