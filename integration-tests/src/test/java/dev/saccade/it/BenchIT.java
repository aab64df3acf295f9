package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.it.Cli.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code saccade bench} as people run it. */
class BenchIT {

  @TempDir static Path directory;

  @Test
  void measures_every_direction_and_writes_what_it_found() throws Exception {
    Result result =
        Cli.in(directory)
            .run(
                "bench",
                "--mechanisms=softmax,linear",
                "--lengths=64,128",
                "--direction=forward,forward+backward,decode,distillation",
                "--heads=2",
                "--head-size=8",
                "--repetitions=2",
                "--out=bench")
            .succeeds();

    assertThat(result.out())
        .contains("forward: median time", "decode: median time", "softmax", "linear")
        .contains("has no distillation objective of its own");
    JsonNode report = new ObjectMapper().readTree(directory.resolve("bench/bench.json").toFile());
    assertThat(report.at("/layer/mask").asText()).isEqualTo("causal");
    assertThat(report.get("rows")).hasSize(2 * 2 * 4);
    for (JsonNode row : report.get("rows")) {
      String direction = row.get("direction").asText();
      if (direction.equals("distillation")) {
        assertThat(row.get("status").asText()).isEqualTo("refused");
        continue;
      }
      assertThat(row.get("status").asText()).as(row.toString()).isEqualTo("measured");
      assertThat(row.get("medianMillis").asDouble()).isPositive();
      assertThat(row.get("error").asDouble()).isLessThanOrEqualTo(row.get("tolerance").asDouble());
      assertThat(row.get("peakBytes").asLong()).as(row.toString()).isPositive();
    }
    assertThat(report.get("summary")).hasSize(2 * 3);
    assertThat(Files.readString(directory.resolve("bench/time-forward.svg")))
        .contains("<svg", "softmax", "linear", "</svg>");
    assertThat(directory.resolve("bench/memory-forward-backward.svg")).exists();
  }

  static Stream<Arguments> what_cannot_be() {
    return Stream.of(
        arguments("--direction sideways", List.of("there is no direction sideways; there are")),
        arguments("--lengths 0", List.of("length must be within 1 … 262,144 but is 0")),
        arguments("--mechanisms nope", List.of("no mechanism is named \"nope\"")),
        arguments(
            "--mechanisms linear --option sea.k=3",
            List.of("options are given for sea, which is not measured")),
        arguments("--option sea.k=0", List.of("within 1 … 4096 but is 0")));
  }

  @ParameterizedTest
  @MethodSource("what_cannot_be")
  void is_refused_in_one_line(String arguments, List<String> words) throws Exception {
    Result result = Cli.in(directory).run(("bench " + arguments).split(" ", -1));

    result.isRefused(1, words.toArray(String[]::new));
  }
}
