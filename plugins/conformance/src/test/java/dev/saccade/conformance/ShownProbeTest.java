package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShownProbeTest {

  private static final AttentionSpec SPEC = AttentionSpec.multiHead(1, 7);

  /** Three queries, five keys. */
  private static final LayerSize SIZE = new LayerSize(1, 3, 5);

  private static TensorValues dense(double[] rows, double[] columns, double[] values) {
    return ShownProbe.dense(
        Map.of(
            "kept" + ShownProbe.ROWS, TensorValues.of(rows, rows.length),
            "kept" + ShownProbe.COLUMNS, TensorValues.of(columns, columns.length),
            "kept" + ShownProbe.VALUES, TensorValues.of(values, values.length)),
        "kept",
        SPEC,
        SIZE);
  }

  private static void refused(String part, double[] rows, double... columns) {
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> dense(rows, columns, new double[] {1, 2, 3}))
        .withMessageContaining(part);
  }

  @Test
  void a_dense_probe_is_shown_as_it_is() {
    TensorValues dense = TensorValues.of(new double[15], 1, 1, 3, 5);

    assertThat(ShownProbe.dense(Map.of("kept", dense), "kept", SPEC, SIZE)).isSameAs(dense);
  }

  @Test
  void sparse_rows_are_spread_over_the_keys() {
    TensorValues spread =
        dense(new double[] {0, 2, 2, 3}, new double[] {1, 4, 0}, new double[] {0.25, 0.75, 1});

    assertThat(spread.shape()).containsExactly(1, 1, 3, 5);
    assertThat(spread.toArray()).containsExactly(0, 0.25, 0, 0, 0.75, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0);
  }

  @Test
  void malformed_sparse_rows_are_refused() {
    refused("row pointers", new double[] {0, 2, 3}, 1, 4, 0);
    refused("the first row pointer", new double[] {1, 2, 2, 3}, 1, 4, 0);
    refused("the last row pointer", new double[] {0, 2, 2, 2}, 1, 4, 0);
    refused("ascending", new double[] {0, 2, 2, 3}, 4, 1, 0);
    refused("below 5", new double[] {0, 2, 2, 3}, 1, 5, 0);
  }
}
