package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.SparseRows;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the suite tells right probes from wrong ones. */
class SeaShownTest {

  private final SeaCase of = SeaCase.of(Masking.CAUSAL);
  private final SparseRows shown = of.shown();

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "CAUSAL_PADDING"})
  void what_the_formulas_say_is_right(Masking masking) {
    SeaCase any = SeaCase.of(masking);

    assertThat(any.trial().ofKept(any::shown))
        .allMatch(Finding::right, "right")
        .extracting(Finding::tensor)
        .containsExactly("probes: keys", "probes: weights", "probes: sums");
  }

  @Test
  void another_key_is_found() {
    int[] columns = shown.columns().clone();
    columns[0]++;

    assertThat(wrong(new SparseRows(shown.rowPointers(), columns, shown.weights())))
        .containsExactly("probes: keys");
  }

  @Test
  void a_key_that_is_not_there_is_found() {
    long[] pointers = shown.rowPointers().clone();
    int last = shown.columns().length - 1;
    pointers[pointers.length - 1] = last;

    assertThat(
            wrong(
                new SparseRows(
                    pointers,
                    Arrays.copyOf(shown.columns(), last),
                    Arrays.copyOf(shown.weights(), last))))
        .containsExactly("probes: keys", "probes: sums");
  }

  @Test
  void a_weight_that_is_off_is_found() {
    float[] weights = shown.weights().clone();
    weights[1] *= 1.0005f;

    assertThat(wrong(new SparseRows(shown.rowPointers(), shown.columns(), weights)))
        .containsExactly("probes: weights", "probes: sums");
  }

  @Test
  void nan_is_found() {
    float[] weights = shown.weights().clone();
    weights[0] = Float.NaN;

    assertThat(wrong(new SparseRows(shown.rowPointers(), shown.columns(), weights)))
        .containsExactly("probes: weights", "probes: sums");
  }

  @Test
  void rows_that_do_not_follow_each_other_are_found() {
    long[] pointers = shown.rowPointers().clone();
    pointers[1] = Long.MAX_VALUE;

    assertThat(wrong(new SparseRows(pointers, shown.columns(), shown.weights())))
        .containsExactly("probes: keys");
  }

  @Test
  void nobody_asks_for_probes_where_there_are_none() {
    List<Finding> findings =
        SeaCase.of(Masking.NONE)
            .trial()
            .ofKept(
                () -> {
                  throw new AssertionError("asked");
                });

    assertThat(findings).isEmpty();
  }

  private List<String> wrong(SparseRows rows) {
    return of.trial().ofKept(() -> rows).stream()
        .filter(finding -> !finding.right())
        .map(Finding::tensor)
        .toList();
  }
}
