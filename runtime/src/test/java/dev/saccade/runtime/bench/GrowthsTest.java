package dev.saccade.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.bench.BenchReport.Status;
import dev.saccade.runtime.bench.BenchReport.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class GrowthsTest {

  private static final int[] LENGTHS = {512, 1024, 2048, 4096, 8192};

  private static Row measured(String mechanism, int length, double millis) {
    return new Row(
        mechanism,
        "recipe",
        length,
        Direction.FORWARD,
        millis,
        0.0,
        1000L * length,
        0.0,
        1.0,
        Status.MEASURED,
        null);
  }

  private static Row skipped(String mechanism, int length) {
    return new Row(
        mechanism,
        "recipe",
        length,
        Direction.FORWARD,
        null,
        null,
        null,
        0.0,
        1.0,
        Status.SKIPPED,
        "it would take too long");
  }

  private static List<Row> lane(String mechanism, IntToDoubleFunction millis) {
    List<Row> rows = new ArrayList<>();
    for (int length : LENGTHS) {
      rows.add(measured(mechanism, length, millis.applyAsDouble(length)));
    }
    return rows;
  }

  private static Summary only(List<Row> rows, String mechanism) {
    return Growths.of(rows).stream()
        .filter(each -> each.mechanism().equals(mechanism))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void finds_the_power_of_a_power_law_and_forgets_short_lengths() {
    List<Row> rows = lane("mine", t -> t < 2048 ? 1e6 : Math.pow(t, 1.5));

    Summary summary = only(rows, "mine");

    assertThat(summary.timeExponent()).isCloseTo(1.5, within(1e-9));
    assertThat(summary.memoryExponent()).isCloseTo(1.0, within(1e-9));
  }

  @Test
  void finds_where_two_power_laws_cross_between_lengths() {
    List<Row> rows = new ArrayList<>(lane("softmax", t -> (double) t * t));
    rows.addAll(lane("linear", t -> 3000.0 * t));

    assertThat(only(rows, "linear").crossoverVsSoftmax()).isBetween(2999, 3001);
    assertThat(only(rows, "linear").crossoverVsFlash()).isNull();
    assertThat(only(rows, "softmax").crossoverVsSoftmax()).isNull();
  }

  @Test
  void whoever_is_faster_throughout_is_so_from_the_shortest_length() {
    List<Row> rows = new ArrayList<>(lane("flash", t -> (double) t * t));
    rows.addAll(lane("linear", t -> t));

    assertThat(only(rows, "linear").crossoverVsFlash()).isEqualTo(512);
  }

  @Test
  void who_loses_at_the_longest_length_has_no_crossover() {
    List<Row> rows = new ArrayList<>(lane("softmax", t -> (double) t * t));
    rows.addAll(lane("slow", t -> t < 8192 ? 1 : 1e9));

    assertThat(only(rows, "slow").crossoverVsSoftmax()).isNull();
  }

  @Test
  void lengths_that_the_rival_could_not_finish_are_won() {
    List<Row> rows = new ArrayList<>(lane("linear", t -> 5000.0 * t));
    for (int length : LENGTHS) {
      rows.add(
          length <= 4096
              ? measured("softmax", length, (double) length * length)
              : skipped("softmax", length));
    }

    assertThat(only(rows, "linear").crossoverVsSoftmax()).isEqualTo(8192);
  }

  @Test
  void one_length_is_no_growth() {
    Summary summary = only(List.of(measured("mine", 512, 1)), "mine");

    assertThat(summary.timeExponent()).isNull();
  }
}
