package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CrossoverTest {

  @Test
  void is_the_first_length_from_which_the_mechanism_stays_faster() {
    Integer length =
        crossover(
            List.of(at(128, 9), at(256, 9), at(512, 9), at(1024, 9)),
            List.of(at(128, 1), at(256, 8), at(512, 10), at(1024, 20)));

    assertThat(length).isEqualTo(512);
  }

  @Test
  void is_nowhere_if_the_mechanism_is_slower_at_the_longest_length() {
    Integer length =
        crossover(
            List.of(at(128, 1), at(256, 2), at(512, 9)),
            List.of(at(128, 3), at(256, 3), at(512, 3)));

    assertThat(length).isNull();
  }

  @Test
  void forgets_an_early_lead_that_was_lost_again() {
    Integer length =
        crossover(
            List.of(at(128, 1), at(256, 5), at(512, 5)),
            List.of(at(128, 2), at(256, 4), at(512, 6)));

    assertThat(length).isEqualTo(512);
  }

  @Test
  void is_reached_where_the_teacher_runs_out_of_memory() {
    Integer length =
        crossover(
            List.of(at(128, 5), at(256, 5)), List.of(at(128, 4), Timing.outOfMemory(256, "full")));

    assertThat(length).isEqualTo(256);
  }

  @Test
  void is_not_reached_where_the_mechanism_could_not_finish() {
    Integer length =
        crossover(
            List.of(at(128, 1), Timing.skipped(256, "too slow")), List.of(at(128, 2), at(256, 4)));

    assertThat(length).isNull();
  }

  @Test
  void does_not_count_a_length_that_the_teacher_skipped() {
    Integer length =
        crossover(
            List.of(at(128, 1), at(256, 1)), List.of(at(128, 2), Timing.skipped(256, "limit")));

    assertThat(length).isNull();
  }

  @Test
  void ignores_lengths_that_only_one_was_given() {
    Integer length =
        crossover(List.of(at(64, 9), at(128, 1), at(8192, 70)), List.of(at(128, 2), at(4096, 40)));

    assertThat(length).isEqualTo(128);
  }

  @Test
  void does_not_depend_on_the_order_of_the_measurements() {
    Integer length =
        crossover(
            List.of(at(512, 9), at(128, 9), at(256, 9)),
            List.of(at(256, 10), at(512, 10), at(128, 1)));

    assertThat(length).isEqualTo(256);
  }

  @Test
  void is_not_sought_for_what_was_not_compared() {
    Report report =
        SampleReports.with(
            List.of(SampleReports.softmax(), SampleReports.failedWithFastTimes("broken")));

    assertThat(report.crossover()).isEmpty();
  }

  private static @Nullable Integer crossover(List<Timing> mechanism, List<Timing> teacher) {
    Report report =
        SampleReports.with(
            List.of(
                SampleReports.withLayerLatency("softmax", teacher),
                SampleReports.withLayerLatency("sea", mechanism)));
    assertThat(report.crossover()).hasSize(1);
    Crossover crossover = report.crossover().get(0);
    assertThat(crossover.mechanism()).isEqualTo("sea");
    assertThat(crossover.against()).isEqualTo("softmax");
    return crossover.length();
  }

  private static Timing at(int length, double millis) {
    return Timing.measured(length, millis, 0, null);
  }
}
