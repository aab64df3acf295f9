package dev.saccade.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * SEA's bundle comes and goes while its kernels are loaded on a GPU: {@link GpuBundleProgram} in a
 * JVM of its own, whose libcuda.so.1 is that of SEA's tests. It runs the kernels on the CPU and
 * counts what is held.
 */
@Timeout(240)
@TestInstance(Lifecycle.PER_CLASS)
class GpuBundleIT {

  private static final String NOTHING = "{}";

  /** The norms and the cut work on rows of a few numbers, in f32 in another order. */
  private static final double TOLERANCE = 1e-4;

  private final Map<String, String> said = new LinkedHashMap<>();

  @BeforeAll
  void run_the_program(@TempDir Path directory) throws Exception {
    Path driver = Distribution.root().resolve("plugins/sea/target/fake-cuda/newest");
    Assumptions.assumeTrue(
        Files.exists(driver.resolve("libcuda.so.1")),
        "needs the driver that SEA's tests build where there is g++ on Linux on x86-64");
    Path home = Distribution.copy(Files.createDirectory(directory.resolve("home")));
    String program =
        Path.of(GpuBundleProgram.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    Cli.Result result =
        Cli.in(directory)
            .with("LD_LIBRARY_PATH", driver.toString())
            .with("OMP_WAIT_POLICY", "PASSIVE")
            .execute(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx1g",
                    "-Dorg.nd4j.log.initialization=false",
                    "-cp",
                    Distribution.home().resolve("lib") + "/*" + File.pathSeparator + program,
                    GpuBundleProgram.class.getName(),
                    home.toString(),
                    Files.createDirectory(directory.resolve("tiny")).toString()))
            .succeeds();
    result
        .out()
        .lines()
        .map(line -> line.split(": ", 2))
        .filter(parts -> parts.length == 2)
        .forEach(parts -> said.put(parts[0], parts[1]));
  }

  @Test
  void sea_computes_on_the_gpu_in_every_installation() {
    for (String when : List.of("at first", "updated", "reinstalled")) {
      assertThat(said).containsEntry(when + ", computed by", "cuda");
      assertThat(Double.parseDouble(requireNonNull(said.get(when + ", off by"))))
          .as(when)
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void an_update_leaves_nothing_of_the_version_before() {
    assertThat(said.get("at first")).contains("device memory=1", "streams=1", "contexts=1");
    assertThat(said.get("updated")).isEqualTo(said.get("at first"));
    assertThat(said.get("reinstalled")).isEqualTo(said.get("at first"));
  }

  @Test
  void nothing_is_held_before_it_is_needed_and_after_removal() {
    assertThat(said).containsEntry("loaded before", NOTHING).containsEntry("removed", NOTHING);
  }

  @Test
  void a_gpu_that_is_lost_ends_a_call_with_the_reason_and_the_next_is_computed_by_another() {
    assertThat(said.get("lost"))
        .matches(
            "kernel cuda of operation sea: a kernel failed while launching kernel sea\\w+: .*");
    assertThat(said.get("lost, computed by"))
        .contains("(cuda: the GPU failed before: a kernel failed")
        .doesNotStartWith("cuda");
    assertThat(Double.parseDouble(requireNonNull(said.get("lost, off by")))).isLessThan(TOLERANCE);
  }

  @Test
  void nothing_is_held_in_the_end() {
    assertThat(said).containsEntry("in the end", NOTHING);
  }

  /**
   * But for its classes: JCuda's native library has global references to some of its own, which
   * keep the class loader for good. It is that only on machines where the library loads.
   */
  @Test
  void what_left_is_collected() {
    assertThat(said).containsEntry("collected", "all");
  }
}
