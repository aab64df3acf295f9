package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is carried to a machine without Java: made, and started there. */
class PackageIT {

  private static final long LIMIT = 64L << 20;

  @Test
  void runs_with_nothing_but_a_driver_and_is_small(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(
        SuiteProcess.isPossible(), "needs g++ on Linux on x86-64, to run kernels on the CPU");
    Path made = folder.resolve("suite");
    ProcessBuilder making =
        new ProcessBuilder("./package", "--built", made.toString()).redirectErrorStream(true);
    making.environment().put("XZ_OPT", "-0"); // for speed; users get a smaller one
    making.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = making.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();

    SuiteProcess.Ended ended =
        SuiteProcess.of(made.resolve("run"))
            .onFakeDriver()
            .with("PATH", "/usr/bin:/bin") // for the script itself
            .with("JAVA_HOME", "")
            .run("--tiny", "--only=correctness,ceilings", "--programs=sea", "--out=" + folder);

    assertThat(ended.exit()).as(ended.said()).isZero();
    assertThat(ended.said()).contains("right   sea/bf16/");
    assertThat(Files.readString(folder.resolve("results.md")))
        .contains("commit " + Files.readString(made.resolve("commit")).strip());
    assertThat(Files.size(folder.resolve("suite.tar.xz"))).isLessThan(LIMIT);
  }
}
