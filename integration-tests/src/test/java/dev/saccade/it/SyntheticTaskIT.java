package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.it.Cli.Result;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code saccade eval} with tasks that mechanisms learn from scratch, at sizes of a second. */
class SyntheticTaskIT {

  private static final String TINY = " --steps 5 --batch 7 --hidden 16 --examples 11";

  @TempDir private Path directory;

  @Test
  void compares_mechanisms_and_writes_all_that_is_needed_to_do_it_again() throws Exception {
    Cli cli = Cli.in(directory);
    String[] command =
        ("eval --task mqar --attention flash,linear --pairs 3 --length 16 --vocabulary 32"
                + " --out found/mqar.json"
                + TINY)
            .split(" ", -1);

    Result once = cli.run(command).succeeds();
    JsonNode report = new ObjectMapper().readTree(directory.resolve("found/mqar.json").toFile());
    cli.run(command).succeeds();
    JsonNode again = new ObjectMapper().readTree(directory.resolve("found/mqar.json").toFile());

    assertThat(once.out())
        .contains("mqar (vocabulary 32, length 16, pairs 3)", "flash", "linear")
        .contains("any of the 3 values in the sequence is right 33.3 %")
        .contains("computed by ", "Zoology", "Report: found/mqar.json");
    assertThat(report.at("/results")).hasSize(2);
    assertThat(report.at("/results/0/questions").asInt()).isEqualTo(33);
    assertThat(report.at("/command").asText()).startsWith("saccade eval --task mqar");
    for (int i = 0; i < 2; i++) {
      assertThat(again.at("/results/%d/validationLoss".formatted(i)))
          .isEqualTo(report.at("/results/%d/validationLoss".formatted(i)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"induction", "copy", "listops"})
  void every_task_is_learned_by_every_kind_of_mechanism(String task) throws Exception {
    Result result =
        Cli.in(directory)
            .run(
                ("eval --task " + task + " --attention softmax,cosformer,sea,sliding-window" + TINY)
                    .split(" ", -1))
            .succeeds();

    for (String mechanism : List.of("softmax", "cosformer", "sea", "sliding-window")) {
      assertThat(result.out()).containsPattern("(?m)^ *" + mechanism + " +[\\d.]+ %");
    }
  }

  @Test
  void a_mechanism_that_is_not_installed_is_told_before_anything_is_learned() throws Exception {
    Cli.in(directory)
        .run(("eval --task mqar --attention softmax,nope" + TINY).split(" ", -1))
        .isRefused(1, "no mechanism is named \"nope\"");
  }
}
