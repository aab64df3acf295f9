package dev.saccade.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class SaccadeCliTest {

  private static final int WIDTH = 100;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Every command under its whole name, such as "saccade plugins list". */
  static Stream<Named<CommandSpec>> commands() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    return below(SaccadeCli.commandLine(nowhere, nowhere))
        .map(CommandLine::getCommandSpec)
        .map(command -> Named.of(command.qualifiedName(), command));
  }

  private static Stream<CommandLine> below(CommandLine command) {
    return Stream.concat(
        Stream.of(command),
        command.getSubcommands().values().stream().flatMap(SaccadeCliTest::below));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void help_explains_every_option_within_the_width_of_a_terminal(CommandSpec command) {
    String[] words = (command.qualifiedName() + " --help").split(" ", -1);
    int code = run(Arrays.copyOfRange(words, 1, words.length));

    assertThat(code).isZero();
    assertThat(out.toString()).startsWith("Usage: saccade");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= WIDTH);
    for (OptionSpec option : command.options()) {
      assertThat(out.toString()).contains(option.longestName());
      assertThat(option.description()).as(option.longestName()).isNotEmpty();
    }
    assertThat(command.usageMessage().description()).isNotEmpty();
  }

  @Test
  void the_completion_script_is_one_that_bash_accepts(@TempDir Path directory) throws Exception {
    int code = run("generate-completion");

    assertThat(code).isZero();
    assertThat(out.toString()).contains("--layer-length", "complete -F _complete_saccade");
    Path script = Files.writeString(directory.resolve("completion.sh"), out.toString());
    assertThat(bash("-n", script.toString())).isZero();
  }

  @Test
  void of_two_values_for_one_option_the_later_counts() {
    int code = run("compare", "--seed", "1", "--seed", "2", "--help");

    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
  }

  @Test
  void without_the_launcher_it_says_how_to_start_it() {
    int code = run("mechanisms");

    assertThat(err.toString())
        .startsWith("saccade: the folder of the distribution is not known")
        .hasLineCount(1);
    assertThat(code).isEqualTo(SaccadeCli.REFUSED);
  }

  private int run(String... arguments) {
    return SaccadeCli.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  private static int bash(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
