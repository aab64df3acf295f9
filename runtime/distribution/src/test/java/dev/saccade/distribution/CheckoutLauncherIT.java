package dev.saccade.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** ./saccade, run in a small checkout with a stand-in for Maven that counts its builds. */
@DisabledOnOs(OS.WINDOWS)
class CheckoutLauncherIT {

  @TempDir Path directory;
  Path root;

  @BeforeEach
  void check_out() throws IOException {
    root = Files.createDirectory(directory.toRealPath().resolve("check out"));
    Files.copy(
        Path.of("../../saccade"), root.resolve("saccade"), StandardCopyOption.COPY_ATTRIBUTES);
    source("pom.xml");
    source(".mvn/jvm.config");
    source("api/src/main/java/Api.java");
    source("api/src/test/java/ApiTest.java");
    source("plugins/sea/src/main/java/Sea.java");
    source("runtime/distribution/pom.xml");
    Script.write(root.resolve("ready-made"), "cat", "printf '%s\\n' \"$@\"");
    Script.write(
        root.resolve("mvnw"),
        "echo built >>builds",
        "cat", // Would eat what the user types to the command line, had it been given that.
        "if [ -e broken ]; then echo 'Sea.java:3: cannot find symbol'; exit 1; fi",
        "sleep 1",
        "mkdir -p runtime/distribution/target/saccade/bin",
        "cp ready-made runtime/distribution/target/saccade/bin/saccade",
        "touch runtime/distribution/target/saccade.built");
  }

  @Test
  void the_first_use_builds_says_so_in_one_line_and_runs() throws Exception {
    Script.Result result = saccade().run("compare", "two words");

    assertThat(result.status()).isZero();
    assertThat(result.out()).containsExactly("compare", "two words");
    assertThat(result.err())
        .singleElement()
        .asString()
        .startsWith("saccade: building (first use")
        .contains("runtime/distribution/target/build.log");
  }

  @Test
  void the_second_use_runs_without_a_word() throws Exception {
    saccade().run();

    Script.Result second = saccade().run("compare");

    assertThat(second.out()).containsExactly("compare");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void a_changed_source_is_built_and_named() throws Exception {
    saccade().run();
    change(root.resolve("plugins/sea/src/main/java/Sea.java"));

    Script.Result result = saccade().run();

    assertThat(result.err())
        .singleElement()
        .asString()
        .contains("src/main/java/Sea.java has changed");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void a_removed_source_is_built() throws Exception {
    saccade().run();
    Files.delete(root.resolve("api/src/main/java/Api.java"));
    change(root.resolve("api/src/main/java"));

    saccade().run();

    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void a_changed_test_is_not_built() throws Exception {
    saccade().run();
    change(root.resolve("api/src/test/java/ApiTest.java"));

    saccade().run();

    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void a_failed_build_shows_why_and_runs_nothing_old() throws Exception {
    saccade().run();
    change(root.resolve("pom.xml"));
    Files.createFile(root.resolve("broken"));

    Script.Result result = saccade().run("compare");

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("Sea.java:3: cannot find symbol");
    assertThat(result.err().get(result.err().size() - 1)).contains("the build failed");
  }

  @Test
  void a_failed_build_is_tried_again() throws Exception {
    Files.createFile(root.resolve("broken"));
    saccade().run();
    Files.delete(root.resolve("broken"));

    Script.Result result = saccade().run("compare");

    assertThat(result.out()).containsExactly("compare");
  }

  @Test
  void first_uses_at_one_time_build_once_and_all_run() throws Exception {
    List<Script.Running> both = List.of(saccade().start("first"), saccade().start("second"));

    List<Script.Result> results = List.of(both.get(0).await(), both.get(1).await());

    assertThat(results).extracting(Script.Result::status).containsOnly(0);
    assertThat(results).flatExtracting(Script.Result::out).containsExactly("first", "second");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void what_is_typed_goes_to_the_command_line_and_not_to_the_build() throws Exception {
    Script.Running running = saccade().start("chat");
    try (var typed = running.process().outputWriter()) {
      typed.write("hello\n");
    }

    Script.Result result = running.await();

    assertThat(result.out()).containsExactly("hello", "chat");
  }

  @Test
  void works_through_a_link() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("s"), root.resolve("saccade"));

    Script.Result result = new Script(link).run("compare");

    assertThat(result.out()).containsExactly("compare");
  }

  private Script saccade() {
    return new Script(root.resolve("saccade"));
  }

  private int builds() throws IOException {
    return Files.readAllLines(root.resolve("builds")).size();
  }

  private void source(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, name);
  }

  /** Later than any build in this test, whatever the file system's clock resolves. */
  private static void change(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
  }
}
