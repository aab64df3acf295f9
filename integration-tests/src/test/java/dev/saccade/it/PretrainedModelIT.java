package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.it.Cli.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The causal model that comes along does what its records say. */
class PretrainedModelIT {

  private static final int MOST_BYTES = 15_000_000;

  /** Half of the fourth digit that people read, whatever the first is. */
  private static final double FOUR_DIGITS = 0.005;

  @TempDir private Path directory;

  private static Path model() {
    return Distribution.home().resolve("models/opt-sotu");
  }

  private static JsonNode recorded(String split) throws Exception {
    return new ObjectMapper()
        .readTree(
            Distribution.root()
                .resolve("docs/measurements/2026-11-22-language-models/%s.json".formatted(split))
                .toFile());
  }

  @ParameterizedTest
  @ValueSource(strings = {"validation", "test"})
  void its_perplexity_is_the_recorded_one(String split) throws Exception {
    JsonNode expected = recorded(split).at("/result/total");

    Cli.in(directory)
        .run("eval", "--task=perplexity", "--split=" + split, "--out=found.json")
        .succeeds();

    JsonNode found =
        new ObjectMapper().readTree(directory.resolve("found.json").toFile()).at("/result/total");
    assertThat(found.at("/scored")).isEqualTo(expected.at("/scored"));
    assertThat(found.at("/perplexity").asDouble())
        .isCloseTo(expected.at("/perplexity").asDouble(), withinPercentage(FOUR_DIGITS));
  }

  @Test
  void every_exact_mechanism_finds_the_same_perplexity() throws Exception {
    double expected = recorded("validation").at("/result/total/perplexity").asDouble();

    Result result =
        Cli.in(directory)
            .run(
                "eval",
                "--task=perplexity",
                "--split=validation",
                "--attention=softmax",
                "--out=found.json")
            .succeeds();

    JsonNode found = new ObjectMapper().readTree(directory.resolve("found.json").toFile());
    assertThat(found.at("/result/total/perplexity").asDouble())
        .isCloseTo(expected, withinPercentage(FOUR_DIGITS));
    assertThat(result.out()).contains("opt-sotu, softmax");
  }

  @Test
  void continues_a_text_the_same_way_every_time() throws Exception {
    Cli cli = Cli.in(directory);
    String[] command = {"generate", "--max-tokens=12", "Fellow citizens of the Senate and"};

    Result once = cli.run(command).succeeds();

    assertThat(once.out()).startsWith(" House of Representatives");
    assertThat(cli.run(command).succeeds().out()).isEqualTo(once.out());
  }

  @Test
  void is_small_enough_to_come_along() throws Exception {
    assertThat(Files.size(model().resolve("model.safetensors"))).isBetween(1L, (long) MOST_BYTES);
  }
}
