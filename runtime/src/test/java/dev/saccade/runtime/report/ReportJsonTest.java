package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportJsonTest {

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name_the_file() {
    file = directory.resolve("report.json");
  }

  @Test
  void reads_back_what_was_written() throws IOException {
    Report report = SampleReports.comparison();
    write(report);

    Report read = ReportJson.read(file);

    assertThat(read).isEqualTo(report);
  }

  @Test
  void has_the_fields_that_programs_look_for() throws IOException {
    write(SampleReports.comparison());

    JsonNode json = new ObjectMapper().readTree(file.toFile());

    assertThat(json.at("/created").asText()).isEqualTo("2026-11-02T09:30:00Z");
    assertThat(json.at("/mechanisms/3/status").asText()).isEqualTo("refused");
    assertThat(json.at("/mechanisms/3/fidelity").isNull()).isTrue();
    assertThat(json.at("/mechanisms/2/fidelity/hiddenCosine").asDouble()).isEqualTo(0.823);
    assertThat(json.at("/mechanisms/2/options/kept").asInt()).isEqualTo(64);
    assertThat(json.at("/mechanisms/0/layerLatency/5/status").asText()).isEqualTo("out of memory");
    assertThat(json.at("/mechanisms/0/maps/5/rows")).hasSize(24);
    assertThat(json.at("/crossover/1/mechanism").asText()).isEqualTo("sea");
    assertThat(json.at("/crossover/1/length").asInt()).isEqualTo(1024);
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "saccadeVersion",
            "created",
            "command",
            "seed",
            "environment",
            "model",
            "text",
            "teacher",
            "sample",
            "mechanisms",
            "crossover");
  }

  @Test
  void reads_a_report_of_a_newer_version_that_knows_more() throws IOException {
    write(SampleReports.comparison());
    Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{ \"novelty\" : [1],"));

    assertThat(ReportJson.read(file)).isEqualTo(SampleReports.comparison());
  }

  @Test
  void names_the_place_where_a_truncated_report_ends() throws IOException {
    write(SampleReports.with(List.of(SampleReports.reformer())));
    String whole = Files.readString(file);
    Files.writeString(file, whole.substring(0, whole.length() / 2));

    assertThatThrownBy(() -> ReportJson.read(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("report.json is no report of Saccade (line ")
        .hasMessageContaining("end-of-input")
        .hasMessageNotContaining("\n");
  }

  @Test
  void refuses_other_json_in_one_line() throws IOException {
    for (String other : List.of("{}", "[]", "null", "3", "", "{\"created\":\"yesterday\"}")) {
      Files.writeString(file, other);

      assertThatThrownBy(() -> ReportJson.read(file))
          .as(other)
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("is no report of Saccade")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void says_which_file_is_missing() {
    assertThatThrownBy(() -> ReportJson.read(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(file.toString());
  }

  private void write(Report report) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      ReportJson.write(report, out);
    }
    assertThat(Files.readString(file, StandardCharsets.UTF_8)).startsWith("{").endsWith("}\n");
  }
}
