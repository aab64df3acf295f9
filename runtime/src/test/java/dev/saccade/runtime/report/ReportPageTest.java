package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportPageTest {

  private static final String HOSTILE = "<script>alert(1)</script>";

  @Test
  void says_the_finding_without_javascript() {
    String page = ReportPage.render(SampleReports.comparison());

    assertThat(page)
        .contains(
            "<h1>Untrained, sea keeps 0.82 of the direction of softmax’s hidden states"
                + " and is 2.6× slower than softmax at 512 tokens.</h1>");
  }

  @Test
  void shows_the_table_and_every_reason_without_javascript() {
    String page = beforeScripts(ReportPage.render(SampleReports.comparison()));

    assertThat(page)
        .contains("<b>sea</b>", "0.823", "90.4 ms", "2.6× slower at 512", "5.0× less")
        .contains("queries and keys must be the same projection")
        .contains("the length must be a multiple of the bucket size");
  }

  @Test
  void refers_to_nothing_outside_of_itself() {
    String page = ReportPage.render(SampleReports.comparison());

    assertThat(page)
        .doesNotContainPattern("(src|href)=[\"'](?!data:|#)")
        .doesNotContain("@import", "sourceMappingURL", "url(http")
        .contains("default-src 'none'")
        .contains("Permission is hereby granted"); // the licence of Chart.js goes with its code
  }

  @Test
  void fills_every_slot_of_its_template() {
    assertThat(beforeScripts(ReportPage.render(SampleReports.comparison()))).doesNotContain("{{");
  }

  @Test
  void shows_markup_in_names_reasons_and_tokens_as_text() {
    String page = ReportPage.render(hostileReport());

    assertThat(page).doesNotContain(HOSTILE);
    assertThat(beforeScripts(page)).contains("&lt;script&gt;alert(1)&lt;/script&gt;");
  }

  @Test
  void has_as_many_scripts_whatever_the_data_say() {
    assertThat(scripts(ReportPage.render(hostileReport())))
        .isEqualTo(scripts(ReportPage.render(SampleReports.comparison())));
  }

  @Test
  void carries_the_data_unchanged_by_the_escaping() throws IOException {
    String page = ReportPage.render(hostileReport());

    Matcher data =
        Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>")
            .matcher(page);
    assertThat(data.find()).isTrue();
    JsonNode json = new ObjectMapper().readTree(data.group(1));

    assertThat(json.at("/report/mechanisms/1/name").asText()).isEqualTo(HOSTILE);
    assertThat(json.at("/report/sample/tokens/0").asText()).isEqualTo("\u2028</script><!--");
    assertThat(data.group(1)).doesNotContain("<", "\u2028");
  }

  @Test
  void leaves_text_that_looks_like_a_slot_alone() {
    MechanismResult mechanism =
        MechanismResult.refused("{{data}}", "1", "b", "$1 {{nothing}}", Map.of(), List.of("why"));

    String page = ReportPage.render(SampleReports.with(List.of(mechanism)));

    assertThat(page).contains("<b>{{data}}</b>", "$1 {{nothing}}");
  }

  @Test
  void makes_no_claim_of_speed_for_what_failed() {
    Report report =
        SampleReports.with(
            List.of(SampleReports.softmax(), SampleReports.failedWithFastTimes("broken")));

    String page = beforeScripts(ReportPage.render(report));

    assertThat(page)
        .contains("broken")
        .doesNotContain("× faster")
        .contains("values are not finite");
  }

  @Test
  void gives_a_mechanism_the_same_colour_whether_or_not_others_were_refused() {
    Report some = SampleReports.with(List.of(SampleReports.reformer(), SampleReports.sea()));

    assertThat(ReportPage.series(some)).containsEntry("softmax", 0).containsEntry("sea", 2);
  }

  @Test
  void starts_over_with_the_colours_after_the_eighth_student() {
    List<MechanismResult> many =
        IntStream.range(0, 17)
            .mapToObj(
                i -> MechanismResult.refused("m" + i, "1", "b", "s", Map.of(), List.of("why")))
            .toList();

    Map<String, Integer> series = ReportPage.series(SampleReports.with(many));

    assertThat(series).containsEntry("m0", 1).containsEntry("m7", 8).containsEntry("m8", 1);
    assertThat(series.values()).allMatch(number -> number >= 0 && number <= 8);
  }

  private static Report hostileReport() {
    MechanismResult hostile =
        MechanismResult.refused(
            HOSTILE, HOSTILE, HOSTILE, HOSTILE, Map.of(HOSTILE, HOSTILE), List.of(HOSTILE));
    return SampleReports.with(
        List.of(SampleReports.softmax(), hostile),
        new Report.Sample(List.of("\u2028</script><!--", HOSTILE)));
  }

  private static String beforeScripts(String page) {
    return page.substring(0, page.indexOf("<script"));
  }

  private static long scripts(String page) {
    return Pattern.compile("<script", Pattern.CASE_INSENSITIVE).matcher(page).results().count();
  }
}
