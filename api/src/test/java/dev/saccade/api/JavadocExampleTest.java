package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.saccade.api.option.Options;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first code that a plugin author copies must be code that works. */
class JavadocExampleTest {

  private static final Path DOCUMENTED =
      Path.of("src/main/java/dev/saccade/api/AttentionMechanism.java");
  private static final Pattern EXAMPLE =
      Pattern.compile("<pre>\\{@code\n(.*?)\n \\* }</pre>", Pattern.DOTALL);

  @TempDir static Path directory;
  static URLClassLoader loader;
  static AttentionMechanism plain;

  @BeforeAll
  static void compile_the_example() throws IOException, ReflectiveOperationException {
    Matcher example = EXAMPLE.matcher(Files.readString(DOCUMENTED).replace("\r\n", "\n"));
    assertThat(example.find()).as("an example in the javadoc of AttentionMechanism").isTrue();
    String source = example.group(1).replaceAll("(?m)^ \\* ?", "");
    Path file = Files.writeString(directory.resolve("PlainAttention.java"), source);

    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean compiled =
        compiler
            .getTask(
                said,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-Xlint:all",
                    "-d",
                    directory.toString(),
                    "-cp",
                    System.getProperty("java.class.path")),
                null,
                compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file))
            .call();
    assertThat(compiled).as("%s", said).isTrue();

    loader =
        new URLClassLoader(
            new URL[] {directory.toUri().toURL()}, AttentionMechanism.class.getClassLoader());
    plain =
        loader
            .loadClass("PlainAttention")
            .asSubclass(AttentionMechanism.class)
            .getConstructor()
            .newInstance();
  }

  @AfterAll
  static void close_the_loader() throws IOException {
    loader.close();
  }

  @Test
  void the_example_names_itself_and_its_source() {
    assertThat(plain.name()).isEqualTo("plain");
    assertThat(plain.summary()).contains("Vaswani et al. 2017");
    assertThat(plain.capabilities().has(Feature.EXACT)).isTrue();
  }

  @Test
  void the_example_gives_a_layer_for_what_it_supports() {
    AttentionSpec spec = AttentionSpec.multiHead(3, 7).withMasking(Masking.CAUSAL_PADDING);

    AttentionLayer layer = plain.layer(spec, Options.defaults(plain.options()));

    assertThat(layer.parameters()).isEmpty();
    assertThat(layer.lengths()).isEqualTo(LengthRule.any());
  }

  @Test
  void the_example_refuses_what_it_does_not_support_by_name() {
    AttentionSpec cross = AttentionSpec.multiHead(3, 7).withSource(Source.CROSS);
    Options none = Options.defaults(plain.options());

    assertThatExceptionOfType(UnsupportedSpecException.class)
        .isThrownBy(() -> plain.layer(cross, none))
        .withMessageStartingWith("plain cannot compute");
  }
}
