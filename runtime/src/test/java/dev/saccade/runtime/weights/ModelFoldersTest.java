package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFoldersTest {

  @TempDir private Path models;

  private void add(String name) throws IOException {
    Files.createFile(Files.createDirectory(models.resolve(name)).resolve("config.json"));
  }

  @Test
  void a_model_is_called_what_its_directory_is_called() throws IOException {
    add("two");
    add("one");
    Files.createDirectory(models.resolve("no model"));
    Files.createFile(models.resolve("some.jar"));

    ModelFolders folders = new ModelFolders(models);

    assertThat(folders.names()).containsExactly("one", "two");
    assertThat(folders.find("two")).isEqualTo(models.resolve("two"));
  }

  @Test
  void a_path_is_a_model_wherever_it_leads() throws IOException {
    add("one");

    Path found = new ModelFolders(models.resolve("none")).find(models.resolve("one").toString());

    assertThat(found).isEqualTo(models.resolve("one"));
  }

  @Test
  void what_is_neither_gets_the_names_that_there_are() throws IOException {
    add("one");
    add("two");

    assertThatThrownBy(() -> new ModelFolders(models).find("three"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContainingAll("no language model is named three", "one, two", "config.json");
    assertThatThrownBy(() -> new ModelFolders(models.resolve("none")).find("a\0b"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("is no valid path");
  }
}
