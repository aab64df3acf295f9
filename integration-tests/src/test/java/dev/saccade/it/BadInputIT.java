package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.saccade.it.Cli.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a user gets wrong is told in one line that says what to do, and nothing is left behind. */
class BadInputIT {

  private static final int REFUSED = 1;
  private static final int USAGE = 2;

  @TempDir static Path directory;

  @BeforeAll
  static void write_bad_files() throws IOException {
    byte[] latin1 = "The café is closed.".getBytes(StandardCharsets.ISO_8859_1);
    Files.write(directory.resolve("latin1.txt"), latin1);
    Files.writeString(directory.resolve("blank.txt"), " \n\n");
    Files.writeString(directory.resolve("file"), "no directory");
    Files.createDirectory(directory.resolve("bert"));
    Files.writeString(directory.resolve("bert/config.json"), "{\"hidden_size\": ");
    try (Stream<Path> models = Files.list(Distribution.home().resolve("models"))) {
      byte[] whole = Files.readAllBytes(models.sorted().findFirst().orElseThrow());
      Files.write(directory.resolve("half.jar"), Arrays.copyOf(whole, whole.length / 2));
    }
  }

  /** Arguments of {@code compare}, and what the line must say. */
  static Stream<Arguments> comparisons_that_cannot_be() {
    return Stream.of(
        arguments(
            "--mechanisms softmax,nope",
            List.of("no mechanism is named \"nope\"; installed: cosformer, flash, linear")),
        arguments(
            "--teacher linear",
            List.of("the teacher must be exact", "choose one of [flash, softmax]")),
        arguments(
            "--plugins nowhere",
            List.of("the plugin directory does not exist; create it: nowhere")),
        arguments(
            "--plugins file",
            List.of("a plugin directory must be a directory but is a file: file")),
        arguments("--model nowhere", List.of("no model is named nowhere", "minilm, minilm-f32")),
        arguments("--model half.jar", List.of("half.jar is not a jar, or it is truncated")),
        arguments(
            "--model bert",
            List.of("bert/config.json is not valid JSON at byte 16: Unexpected end")),
        arguments("--text nowhere.txt", List.of("nowhere.txt does not exist")),
        arguments("--text .", List.of(". is a directory; name a text file in it")),
        arguments(
            "--text latin1.txt", List.of("not UTF-8 at byte 7 (0xE9)", "iconv -f WINDOWS-1252")),
        arguments("--text blank.txt", List.of("blank.txt must hold text")),
        arguments("--length 0", List.of("model length must be at least 1 but is 0")),
        arguments("--length 1", List.of("must leave room for the 2 special tokens, but is 1")),
        arguments(
            "--length 9999",
            List.of("must be at most 512, the positions of this model, but is 9999")),
        arguments(
            "--layer-length 300000",
            List.of("layer length must be at most 262,144 but is 300,000")),
        arguments("--passages 0", List.of("passages must be at least 1 but is 0")),
        arguments(
            "--option sea.k=abc",
            List.of("sea: option k must be a whole number", "but is \"abc\"")),
        arguments("--option sea.k=0", List.of("within 1 … 4096 but is 0")),
        arguments(
            "--option sea.nope=1", List.of("sea: there is no option nope; there are k, width")),
        arguments(
            "--option linear.k=1 --mechanisms sea", List.of("for linear, which is not compared")),
        arguments(
            "--out file", List.of("file is a file, not a directory; choose another directory")));
  }

  @ParameterizedTest
  @MethodSource("comparisons_that_cannot_be")
  void is_refused_before_anything_is_measured(String arguments, List<String> words)
      throws Exception {
    Result result = Cli.in(directory).compare(arguments.split(" ", -1));

    result.isRefused(REFUSED, words.toArray(String[]::new));
    assertThat(directory.resolve("saccade-report")).doesNotExist();
  }

  static Stream<Arguments> command_lines_that_are_wrong() {
    return Stream.of(
        arguments(
            "compair", "there is no command \"compair\"; there are: compare, bench, mechanisms"),
        arguments("compare --lenght 16", "there is no option --lenght; did you mean --length"),
        arguments("compare --option nonsense", "must be like sea.k=16, but is \"nonsense\""),
        arguments("compare --seed many", "'many' is not a long (see: saccade compare --help)"),
        arguments("doctor now", "\"now\" is one argument too many (see: saccade doctor --help)"),
        arguments("plugins install", "JAR is missing (see: saccade plugins install --help)"),
        arguments("plugins", "say what to do with plugins: list, install or remove"));
  }

  @ParameterizedTest
  @MethodSource("command_lines_that_are_wrong")
  void a_wrong_command_line_gets_a_hint(String arguments, String words) throws Exception {
    Result result = Cli.in(directory).run(arguments.split(" ", -1));

    result.isRefused(USAGE, words);
  }

  @Test
  void without_a_command_the_help_is_shown() throws Exception {
    Result result = Cli.in(directory).run();

    assertThat(result.err()).startsWith("Usage: saccade").contains("compare", "doctor");
    assertThat(result.exit()).isEqualTo(USAGE);
  }

  @Test
  void verbose_tells_where_it_was_thrown() throws Exception {
    Result result = Cli.in(directory).run("mechanisms", "nope", "--verbose");

    assertThat(result.err().lines().findFirst().orElseThrow())
        .startsWith("saccade: no mechanism is named \"nope\"; installed: ")
        .contains("linear", "sea", "softmax");
    assertThat(result.err()).contains("SaccadeException", "\tat dev.saccade.runtime");
    assertThat(result.exit()).isEqualTo(REFUSED);
  }

  /** The first run also leaves the native libraries unpacked, which are larger than the limit. */
  @Test
  void a_full_disk_loses_neither_the_results_nor_an_older_report() throws Exception {
    Cli cli = Cli.in(directory);
    List<String> files = List.of("report.html", "report.json");
    cli.compare("--mechanisms=linear", "--out=kept").succeeds();
    List<byte[]> before = files.stream().map(BadInputIT::kept).toList();
    String mechanisms = "cosformer,flash,linear,performer,sliding-window,synthesizer";
    String manyTokens = "word ".repeat(60);

    Path small = Distribution.copy(directory.resolve("small"));
    removeSea(small);

    // Blocks of 512 bytes: room for the plugin, not for so many maps of a long sentence.
    Result result =
        cli.shell(
            "ulimit -f 3200 && exec small/bin/saccade compare --mechanisms=%s --out=kept "
                    .formatted(mechanisms)
                + "--sentence='%s' %s".formatted(manyTokens, String.join(" ", Cli.QUICK)));

    assertThat(result.out()).contains(" softmax ", " linear ").doesNotContain("Report:");
    assertThat(result.err().lines().filter(line -> line.startsWith("saccade: ")))
        .singleElement()
        .asString()
        .contains(
            "cannot write the report to kept/report.json",
            "File too large",
            "the results are printed above",
            "an older report is untouched");
    assertThat(result.err()).doesNotContain("\tat ");
    assertThat(result.exit()).isEqualTo(REFUSED);
    assertThat(files.stream().map(BadInputIT::kept)).containsExactlyElementsOf(before);
    assertThat(directory.resolve("kept")).isDirectoryNotContaining("glob:**/.*");
  }

  /** Its many kernels are larger than a report. */
  private static void removeSea(Path distribution) throws IOException {
    try (Stream<Path> plugins = Files.list(distribution.resolve("plugins"))) {
      for (Path plugin : plugins.toList()) {
        if (plugin.getFileName().toString().startsWith("saccade-sea-")) {
          Files.delete(plugin);
        }
      }
    }
  }

  private static byte[] kept(String file) {
    try {
      return Files.readAllBytes(directory.resolve("kept").resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
