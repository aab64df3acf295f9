package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HeadlineTest {

  @Test
  void states_what_the_closest_mechanism_keeps_and_costs() {
    Headline headline = Headline.of(SampleReports.comparison());

    assertThat(headline.finding())
        .isEqualTo(
            "sea keeps 0.82 of the direction of softmax’s hidden states"
                + " and is 2.6× slower than softmax at 512 tokens.");
  }

  @Test
  void goes_on_with_the_others_the_crossovers_and_the_refusals() {
    Headline headline = Headline.of(SampleReports.comparison());

    assertThat(headline.details())
        .containsExactly(
            "linear keeps 0.61 of the direction of softmax’s hidden states"
                + " and is 2.9× faster than softmax at 512 tokens.",
            "In a single attention layer, linear is faster than softmax from 256 tokens on;"
                + " sea is faster than softmax from 1024 tokens on.",
            "reformer was refused; the reasons are below.");
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
        .isEqualTo("sea keeps 0.82 of the direction of softmax’s hidden states.");
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
        .isEqualTo("other keeps 0.61 of the direction of softmax’s hidden states.");
  }

  @Test
  void does_not_round_an_approximation_up_to_perfect() {
    assertThat(Headline.of(timed(0.997)).finding()).startsWith("other keeps 0.99 of the direction");
    assertThat(Headline.of(timed(1)).finding()).startsWith("other keeps the direction");
  }

  @Test
  void does_not_praise_a_mechanism_that_points_the_other_way() {
    assertThat(Headline.of(timed(-0.3)).finding()).startsWith("other keeps none of the direction");
  }

  private static Report timed(double cosine, Timing... latency) {
    return SampleReports.with(
        List.of(
            SampleReports.softmax(),
            SampleReports.compared("other", SampleReports.withCosine(cosine), List.of(latency))));
  }
}
