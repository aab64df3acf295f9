package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.saccade.it.Cli.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a first look at the command line shows. */
class CommandLineIT {

  private static final String ESCAPE = "\u001b";
  private static final int WIDTH = 100;

  @TempDir Path directory;

  @Test
  void says_which_version_of_what_it_is() throws Exception {
    Result result = Cli.in(directory).run("--version").succeeds();

    assertThat(result.out().lines())
        .satisfiesExactly(
            line -> assertThat(line).matches("saccade \\d+\\.\\d+\\.\\d+.*"),
            line -> assertThat(line).startsWith("Java " + Runtime.version()));
  }

  @Test
  void lists_what_is_installed_within_the_width_of_a_terminal() throws Exception {
    Cli cli = Cli.in(directory);

    Result mechanisms = cli.run("mechanisms").succeeds();
    Result sea = cli.run("mechanisms", "sea").succeeds();
    Result plugins = cli.run("plugins", "list").succeeds();

    assertThat(mechanisms.out()).contains("linear", "sea", "softmax", "O(T)");
    assertThat(sea.out()).contains("--option sea.k=", "    constant-shift=false  ");
    assertThat(plugins.out()).contains("saccade-sea", "live");
    assertThat((mechanisms.out() + sea.out() + plugins.out()).lines())
        .allMatch(line -> line.length() <= WIDTH)
        .noneMatch(line -> line.endsWith(" "));
  }

  @Test
  void prints_a_table_for_documents() throws Exception {
    Result result = Cli.in(directory).run("mechanisms", "--format", "markdown").succeeds();

    assertThat(result.out().lines()).allMatch(line -> line.startsWith("| ") && line.endsWith(" |"));
  }

  @Test
  void the_doctor_finds_this_machine_in_order() throws Exception {
    Result result = Cli.in(directory).run("doctor").succeeds();

    assertThat(result.out())
        .contains("ok       java", "ok       natives", "ok       models", "ND4J 1.0.0-M2.1")
        .doesNotContain("FAILED", "unknown");
  }

  @Test
  void the_doctor_says_all_it_found_although_plugins_cannot_be_looked_at() throws Exception {
    Result result = Cli.in(directory).run("doctor", "--plugins", "nowhere");

    assertThat(result.out()).contains("ok       natives", "FAILED   plugins", "create it: nowhere");
    assertThat(result.exit()).isEqualTo(1);
  }

  @Test
  void colours_nothing_that_goes_into_a_file() throws Exception {
    Cli cli = Cli.in(directory);

    Result help = cli.run("compare", "--help").succeeds();
    Result doctor = cli.run("doctor").succeeds();

    assertThat(help.out() + help.err() + doctor.out() + doctor.err()).doesNotContain(ESCAPE);
  }

  @Test
  void colours_on_a_terminal_unless_asked_not_to() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "no script(1), no terminal");

    Result coloured = onTerminal(Cli.in(directory));
    Result plain = onTerminal(Cli.in(directory).with("NO_COLOR", "1"));

    assertThat(coloured.out()).contains("Usage:", ESCAPE);
    assertThat(plain.out()).contains("Usage:").doesNotContain(ESCAPE);
  }

  private static Result onTerminal(Cli cli) throws Exception {
    return cli.shell("exec script -qec \"$SACCADE --help\" /dev/null").succeeds();
  }
}
