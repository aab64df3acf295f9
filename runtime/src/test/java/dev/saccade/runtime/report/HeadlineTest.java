package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadlineTest {

  @Test
  void states_what_the_closest_mechanism_keeps_and_costs() {
    Headline headline = Headline.of(SampleReports.comparison());

    assertThat(headline.finding())
        .isEqualTo(
            "Untrained, sea keeps 0.82 of the direction of softmax’s hidden states"
                + " and is 2.6× slower than softmax at 512 tokens.");
  }

  @Test
  void goes_on_with_the_others_the_crossovers_and_the_refusals() {
    Headline headline = Headline.of(SampleReports.comparison());

    assertThat(headline.details())
        .containsExactly(
            "linear keeps 0.61 and is 2.9× faster.",
            "In a single attention layer,"
                + " linear is faster than softmax from 256 tokens on, sea from 1024.",
            "reformer was refused; the reasons are below.");
  }

  @Test
  void says_up_to_which_length_a_mechanism_was_never_faster() {
    Report report =
        SampleReports.with(
            List.of(
                SampleReports.withLayerLatency("softmax", List.of(Timing.measured(64, 1, 0, null))),
                SampleReports.withLayerLatency("slow", List.of(Timing.measured(64, 2, 0, null))),
                SampleReports.withLayerLatency(
                    "slower", List.of(Timing.measured(64, 3, 0, null)))));

    assertThat(Headline.of(report).details())
        .contains(
            "In a single attention layer, slow is not faster than softmax up to 64 tokens,"
                + " slower not up to 64.");
  }

  @Test
  void leaves_a_long_list_to_the_table() {
    List<MechanismResult> many = new ArrayList<>(List.of(SampleReports.softmax()));
    for (int i = 1; i <= 7; i++) {
      many.add(SampleReports.compared("m" + i, SampleReports.withCosine(1 - 0.1 * i), List.of()));
    }

    assertThat(Headline.of(SampleReports.with(many)).details())
        .containsExactly("m2 keeps 0.80; m3 keeps 0.70; m4 keeps 0.60; 3 more are in the table.");
  }

  @Test
  void names_what_was_refused_and_what_failed_in_one_breath() {
    Report report =
        SampleReports.with(
            List.of(
                SampleReports.softmax(),
                SampleReports.reformer(),
                SampleReports.failedWithFastTimes("one"),
                SampleReports.failedWithFastTimes("two")));

    assertThat(Headline.of(report).details())
        .containsExactly("reformer was refused, one and two failed; the reasons are below.");
  }

  @Test
  void says_nothing_of_the_speed_of_what_failed() {
    Report report =
        SampleReports.with(
            List.of(SampleReports.softmax(), SampleReports.failedWithFastTimes("broken")));

    Headline headline = Headline.of(report);

    assertThat(headline.finding())
        .isEqualTo("No mechanism could be compared with softmax on all-MiniLM-L6-v2.");
    assertThat(headline.details()).containsExactly("broken failed; the reasons are below.");
  }

  @Test
  void does_not_compare_speed_with_a_teacher_that_failed() {
    Report report =
        SampleReports.with(
            List.of(SampleReports.failedWithFastTimes("softmax"), SampleReports.sea()));

    assertThat(Headline.of(report).finding())
        .isEqualTo("Untrained, sea keeps 0.82 of the direction of softmax’s hidden states.");
  }

  @Test
  void calls_medians_within_a_twentieth_equal() {
    Report report = timed(0.61, Timing.measured(512, 33.0, 1, null));

    assertThat(Headline.of(report).finding()).endsWith("and is as fast as softmax at 512 tokens.");
  }

  @Test
  void leaves_speed_out_without_a_length_that_both_were_measured_at() {
    Report report = timed(0.61, Timing.measured(96, 1, 0, null), Timing.outOfMemory(512, "full"));

    assertThat(Headline.of(report).finding())
        .isEqualTo("Untrained, other keeps 0.61 of the direction of softmax’s hidden states.");
  }

  @Test
  void does_not_round_an_approximation_up_to_perfect() {
    assertThat(Headline.of(timed(0.997)).finding())
        .startsWith("Untrained, other keeps 0.99 of the direction");
    assertThat(Headline.of(timed(1)).finding()).startsWith("Untrained, other keeps the direction");
  }

  @Test
  void does_not_praise_a_mechanism_that_points_the_other_way() {
    assertThat(Headline.of(timed(-0.3)).finding())
        .startsWith("Untrained, other keeps none of the direction");
  }

  private static Report timed(double cosine, Timing... latency) {
    return SampleReports.with(
        List.of(
            SampleReports.softmax(),
            SampleReports.compared("other", SampleReports.withCosine(cosine), List.of(latency))));
  }
}
