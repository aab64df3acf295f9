package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

  @TempDir Path directory;

  private static RunDirectory.Content text(String text) {
    return checkpoint -> Files.writeString(checkpoint.resolve("file"), text);
  }

  private String last() throws IOException {
    return Files.readString(directory.resolve("last").resolve("file"));
  }

  private void writeLast(String text) {
    try (RunDirectory run = RunDirectory.open(directory)) {
      run.replace(RunDirectory.LAST, text(text));
    }
  }

  private Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void a_checkpoint_takes_the_place_of_the_one_before() throws Exception {
    writeLast("one");

    writeLast("two");

    assertThat(last()).isEqualTo("two");
    assertThat(names()).containsExactlyInAnyOrder("last", ".lock");
  }

  @Test
  void a_checkpoint_that_fails_half_way_leaves_the_one_before() throws Exception {
    writeLast("one");

    try (RunDirectory run = RunDirectory.open(directory)) {
      assertThatThrownBy(
              () ->
                  run.replace(
                      RunDirectory.LAST,
                      checkpoint -> {
                        text("half").writeTo(checkpoint);
                        throw new IOException("disk full");
                      }))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("disk full")
          .hasMessageContaining("the one before is as it was");
    }

    assertThat(last()).isEqualTo("one");
    assertThat(names()).containsExactlyInAnyOrder("last", ".lock");
  }

  @Test
  void what_a_crash_left_between_the_renames_is_put_back() throws Exception {
    writeLast("one");
    Files.move(directory.resolve("last"), directory.resolve(".last.old"));
    Files.createDirectory(directory.resolve(".last.new"));

    try (RunDirectory run = RunDirectory.open(directory)) {
      assertThat(run.holdsRun()).isTrue();
    }

    assertThat(last()).isEqualTo("one");
    assertThat(names()).containsExactlyInAnyOrder("last", ".lock");
  }

  @Test
  void what_a_crash_left_before_and_after_the_renames_is_cleared() throws Exception {
    writeLast("two");
    Files.createDirectory(directory.resolve(".last.old"));
    Files.writeString(directory.resolve(".last.old").resolve("file"), "one");
    Files.createDirectory(directory.resolve(".best.new"));

    RunDirectory.open(directory).close();

    assertThat(last()).isEqualTo("two");
    assertThat(names()).containsExactlyInAnyOrder("last", ".lock");
  }

  @Test
  void only_one_may_train_in_a_directory() {
    try (RunDirectory run = RunDirectory.open(directory)) {
      assertThat(run.holdsRun()).isFalse();

      assertThatThrownBy(() -> RunDirectory.open(directory))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("another process is training in " + directory);
    }
    RunDirectory.open(directory).close();
  }

  @Test
  void a_file_in_the_place_of_the_directory_is_named() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThatThrownBy(() -> RunDirectory.open(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("cannot write to the directory " + file);
  }
}
