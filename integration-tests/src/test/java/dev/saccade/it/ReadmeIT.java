package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.saccade.it.Cli.Result;
import dev.saccade.runtime.host.TestBundle;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What README.md tells people to type works. */
class ReadmeIT {

  private static final Pattern MAIN_CLASS = Pattern.compile("class (\\w+)");

  @TempDir Path directory;

  @Test
  void finds_commands_and_programs_in_a_document() {
    Document document =
        new Document(
            """
            # Title

            ```sh
            ./saccade compare   # two minutes
            ./saccade mechanisms sea \\
              --format markdown
            ./mvnw verify
            ```

            ```console
            $ saccade
            linear keeps 0.58
            ```

            ```java
            Saccade.open(home);
            ```
            """);

    assertThat(document.commands())
        .containsExactly("compare", "mechanisms sea --format markdown", "");
    assertThat(document.blocks("java")).containsExactly("Saccade.open(home);\n");
  }

  @TestFactory
  Stream<DynamicTest> every_command_works() throws IOException {
    Document readme = readme();
    Path checkout = Files.createDirectory(directory.resolve("checkout"));
    Files.writeString(checkout.resolve("my-own.txt"), "A text of one's own. It is not long.");
    packPlugin(readme);
    Cli cli = new Cli(Distribution.copy(directory.resolve("home")), checkout);
    return readme.commands().stream()
        .distinct()
        .map(command -> DynamicTest.dynamicTest("saccade " + command, () -> works(cli, command)));
  }

  private static void works(Cli cli, String command) throws Exception {
    Result result = cli.shell("exec \"$SACCADE\" " + shortened(command));

    result.succeeds();
    assertThat(result.out()).isNotBlank();
  }

  /** A comparison is made on little, whatever else is asked of it. */
  private static String shortened(String command) {
    return command.startsWith("compare")
        ? "%s %s"
            .formatted(
                command.replaceAll(" --(layer-)?length[ =]\\S+", ""), String.join(" ", Cli.QUICK))
        : command;
  }

  /** The plugin of the page, as a bundle where the page's Maven project would put it. */
  private void packPlugin(Document readme) {
    String source =
        readme.blocks("java").stream()
            .filter(block -> block.contains("implements AttentionMechanism"))
            .findFirst()
            .orElseThrow();
    TestBundle.named("nearby-attention", "1.0.0")
        .imports(
            "dev.saccade.api,dev.saccade.api.option,org.nd4j.autodiff.samediff,"
                + "org.nd4j.linalg.factory,org.nd4j.linalg.api.ndarray")
        .component(source)
        .writeTo(directory.resolve("nearby-attention/target/nearby-attention-1.0.0.jar"));
  }

  @Test
  void the_table_of_mechanisms_is_what_the_command_prints() throws Exception {
    String table = Cli.in(directory).run("mechanisms", "--format", "markdown").succeeds().out();

    assertThat(readme().text()).contains(table);
  }

  @Test
  void the_page_of_mechanisms_is_what_the_command_prints() throws Exception {
    String printed =
        Cli.in(directory).run("mechanisms", "--details", "--format", "markdown").succeeds().out();

    assertThat(Distribution.root().resolve("docs/mechanisms.md"))
        .as("write it anew: ./saccade mechanisms --details --format markdown > docs/mechanisms.md")
        .hasContent(printed);
  }

  @Test
  void every_program_runs() throws Exception {
    List<String> programs =
        readme().blocks("java").stream().filter(block -> block.contains("Saccade.open")).toList();
    assertThat(programs).as("programs that open Saccade").isNotEmpty();

    for (String program : programs) {
      Result result = runProgram(program);

      result.succeeds();
      assertThat(result.out()).as("what the program prints").isNotBlank();
    }
  }

  /** Compiles against the distribution alone, and runs with its folder as the argument. */
  private Result runProgram(String program) throws IOException, InterruptedException {
    String source = program.contains(" class ") ? program : inMain(program);
    Matcher mainClass = MAIN_CLASS.matcher(source);
    assertThat(mainClass.find()).isTrue();
    Path file = directory.resolve(mainClass.group(1) + ".java");
    Files.writeString(file, source);
    String lib = Distribution.home().resolve("lib").toString();
    compile(file, lib);
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return new Cli(Distribution.home(), directory)
        .execute(
            List.of(
                java.toString(),
                "-cp",
                lib + "/*:" + directory,
                mainClass.group(1),
                Distribution.home().toString()));
  }

  private void compile(Path file, String lib) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options = List.of("-proc:none", "-cp", jars(lib), "-d", directory.toString());
      boolean compiled =
          compiler
              .getTask(messages, files, null, options, null, files.getJavaFileObjects(file))
              .call();
      assertThat(compiled).as(() -> messages.toString()).isTrue();
    }
  }

  private static String jars(String lib) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(lib))) {
      return files.map(Path::toString).collect(Collectors.joining(":"));
    }
  }

  private static String inMain(String statements) {
    String imports =
        statements
            .lines()
            .filter(line -> line.startsWith("import "))
            .collect(Collectors.joining("\n"));
    String rest =
        statements
            .lines()
            .filter(line -> !line.startsWith("import "))
            .collect(Collectors.joining("\n"));
    return "%s\nclass Example { public static void main(String[] args) throws Exception {\n%s\n}}\n"
        .formatted(imports, rest);
  }

  private static Document readme() throws IOException {
    Path readme = Distribution.root().resolve("README.md");
    assumeTrue(Files.exists(readme), "there is no README.md yet");
    return new Document(Files.readString(readme));
  }
}
