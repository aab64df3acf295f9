package dev.saccade.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** bin/saccade, run with a stand-in for Java that writes down how it was called. */
@DisabledOnOs(OS.WINDOWS)
class InstalledLauncherIT {

  @TempDir Path directory;
  Path home;
  Path launcher;

  @BeforeEach
  void install_where_the_path_has_a_blank() throws IOException {
    home = directory.toRealPath().resolve("my tools").resolve("saccade");
    launcher = home.resolve("bin/saccade");
    Files.createDirectories(launcher.getParent());
    Files.copy(Path.of("target/saccade/bin/saccade"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
  }

  @Test
  void arguments_reach_the_command_line_as_they_were_given() throws Exception {
    Script.Result result = withJava("17.0.15").run("compare", "two words", "*", "", "$HOME");

    assertThat(result.out())
        .endsWith("dev.saccade.runtime.cli.SaccadeCli", "compare", "two words", "*", "", "$HOME");
  }

  @Test
  void the_class_path_is_lib_and_the_home_is_told() throws Exception {
    Script.Result result = withJava("17.0.15").run();

    assertThat(result.out()).containsSubsequence("-Dsaccade.home=" + home, "-cp", home + "/lib/*");
  }

  @Test
  void the_home_is_found_through_links() throws Exception {
    Path absolute = Files.createSymbolicLink(directory.resolve("absolute"), launcher);
    Path relative = Files.createSymbolicLink(directory.resolve("relative"), absolute.getFileName());

    Script.Result result = withJava(relative, "17.0.15").run();

    assertThat(result.out()).contains("-Dsaccade.home=" + home);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8.0_402", "11.0.22", "16"})
  void a_java_that_is_too_old_is_refused_in_one_line(String version) throws Exception {
    Script.Result result = withJava(version).run("compare");

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .singleElement()
        .asString()
        .contains("needs Java 17 or newer")
        .contains(version)
        .contains("JAVA_HOME");
  }

  @ParameterizedTest
  @CsvSource({"17.0.15, false", "21, false", "24.0.1, true", "25-ea, true"})
  void what_newer_javas_warn_about_is_allowed_only_where_the_flags_are_known(
      String version, boolean allowed) throws Exception {
    Script.Result result = withJava(version).run();

    assertThat(result.status()).isZero();
    assertThat(result.out().contains("--enable-native-access=ALL-UNNAMED")).isEqualTo(allowed);
    assertThat(result.out().contains("--sun-misc-unsafe-memory-access=allow")).isEqualTo(allowed);
  }

  @Test
  void a_java_home_without_java_is_told() throws Exception {
    Script.Result result = new Script(launcher).with("JAVA_HOME", "/nowhere").run();

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.err()).singleElement().asString().contains("JAVA_HOME is /nowhere");
  }

  @Test
  void idle_threads_sleep_unless_the_user_says_otherwise() throws Exception {
    assertThat(withJava("17.0.15").run().out()).contains("OMP_WAIT_POLICY=PASSIVE");
    assertThat(withJava("17.0.15").with("OMP_WAIT_POLICY", "ACTIVE").run().out())
        .contains("OMP_WAIT_POLICY=ACTIVE");
  }

  @Test
  void arguments_for_the_jvm_are_split_at_blanks_and_come_after_ours() throws Exception {
    Script.Result result =
        withJava("17.0.15").with("SACCADE_JAVA_OPTS", "-Xmx8g  -Dpattern=/*").run();

    assertThat(result.out())
        .containsSubsequence("-XX:MaxRAMPercentage=30", "-Xmx8g", "-Dpattern=/*", "-cp");
  }

  @Test
  void java_takes_the_place_of_the_launcher_so_that_signals_reach_it() throws Exception {
    Script.Result result = withJava("17.0.15").run();

    assertThat(result.out()).contains("pid=" + result.pid());
  }

  @Test
  void the_exit_status_is_that_of_java() throws Exception {
    assertThat(withJava("17.0.15").with("STATUS", "3").run().status()).isEqualTo(3);
  }

  private Script withJava(String version) throws IOException {
    return withJava(launcher, version);
  }

  private Script withJava(Path script, String version) throws IOException {
    Path java = directory.resolve("jdk");
    Script.write(
        java.resolve("bin/java"),
        "if [ \"$1\" = -version ]; then",
        "  echo 'Picked up JAVA_TOOL_OPTIONS: -Dnoise' >&2",
        "  echo 'openjdk version \"" + version + "\" 2025-04-15' >&2",
        "  exit",
        "fi",
        "printf '%s\\n' \"pid=$$\" \"OMP_WAIT_POLICY=$OMP_WAIT_POLICY\" \"$@\"",
        "exit ${STATUS:-0}");
    return new Script(script).with("JAVA_HOME", java.toString());
  }
}
