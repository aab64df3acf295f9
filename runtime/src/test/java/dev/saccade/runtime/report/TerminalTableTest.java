package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.report.TerminalTable.Colour;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTableTest {

  @Test
  void fits_a_hundred_columns() {
    String table = TerminalTable.render(SampleReports.comparison(), Colour.PLAIN);

    assertThat(table.lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void fits_a_hundred_columns_with_a_long_name() {
    MechanismResult lengthy =
        SampleReports.compared(
            "a-mechanism-with-a-long-name",
            SampleReports.withCosine(-0.25),
            List.of(Timing.measured(512, 5555, 1, 1L << 33)));

    String table =
        TerminalTable.render(
            SampleReports.with(List.of(SampleReports.softmax(), lengthy)), Colour.PLAIN);

    assertThat(table.lines()).allMatch(line -> line.length() <= 100);
    assertThat(table).contains("a-mechanism", "162× slower", "8.00 GiB");
  }

  @Test
  void puts_the_figures_of_a_mechanism_into_its_row() {
    String table = TerminalTable.render(SampleReports.comparison(), Colour.PLAIN);

    assertThat(table.lines())
        .filteredOn(line -> line.strip().startsWith("sea ") && line.contains("|"))
        .singleElement()
        .asString()
        .contains("0.823", "0.574", "0.389", "0.214", "90.4 ms", "2.6× slower", "1.43 MiB");
  }

  @Test
  void gives_every_reason_of_a_refusal() {
    String table = TerminalTable.render(SampleReports.comparison(), Colour.PLAIN);

    assertThat(table)
        .contains("reformer refused:")
        .contains("  - queries and keys must be the same projection")
        .contains("  - the length must be a multiple of the bucket size");
  }

  @Test
  void holds_no_escapes_unless_told_to() {
    Report report = SampleReports.comparison();

    assertThat(TerminalTable.render(report, Colour.PLAIN)).doesNotContain("\u001b");
    assertThat(TerminalTable.render(report, Colour.ANSI)).contains("\u001b[1m");
  }

  @Test
  void differs_from_plain_text_in_nothing_but_the_escapes() {
    Report report = SampleReports.comparison();

    String ansi = TerminalTable.render(report, Colour.ANSI);

    assertThat(ansi.replaceAll("\u001b\\[\\d+m", ""))
        .isEqualTo(TerminalTable.render(report, Colour.PLAIN));
  }

  @Test
  void keeps_control_characters_of_a_plugin_away_from_the_terminal() {
    MechanismResult hostile =
        MechanismResult.refused(
            "\u001b[2Jevil", "1", "b", "s", Map.of(), List.of("red\u001b[31m\r\nand more"));

    String table =
        TerminalTable.render(
            SampleReports.with(List.of(SampleReports.softmax(), hostile)), Colour.PLAIN);

    assertThat(table).doesNotContain("\u001b", "\r").contains("and more");
  }

  @Test
  void breaks_a_long_reason_under_itself() {
    MechanismResult wordy =
        MechanismResult.refused(
            "wordy", "1", "b", "s", Map.of(), List.of("because ".repeat(30).strip()));

    String table =
        TerminalTable.render(
            SampleReports.with(List.of(SampleReports.softmax(), wordy)), Colour.PLAIN);

    assertThat(table.lines())
        .filteredOn(line -> line.contains("because"))
        .hasSize(3)
        .allMatch(line -> line.length() <= 100)
        .allMatch(line -> line.startsWith("  - ") || line.startsWith("    because"));
  }
}
