package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a run showed of a probe, whether dense or in compressed sparse rows. */
final class ShownProbe {

  static final String ROWS = ".rows";
  static final String COLUMNS = ".columns";
  static final String VALUES = ".values";

  private ShownProbe() {}

  /**
   * Returns a probe as the dense tensor that it stands for; a sparse one is {@code [B, H, T, S]}
   * and must be well-formed.
   */
  static TensorValues dense(
      Map<String, TensorValues> computed, String name, AttentionSpec spec, LayerSize size) {
    @Nullable TensorValues dense = computed.get(name);
    return dense != null
        ? dense
        : spread(
            name,
            new long[] {size.batch(), spec.heads(), size.queries(), size.keys()},
            part(computed, name + ROWS),
            part(computed, name + COLUMNS),
            part(computed, name + VALUES));
  }

  private static TensorValues spread(
      String name, long[] shape, TensorValues rows, TensorValues columns, TensorValues values) {
    int keys = (int) shape[3];
    int queries = (int) (shape[0] * shape[1] * shape[2]);
    assertThat(rows.length()).as("row pointers of %s, B·H·T + 1", name).isEqualTo(queries + 1);
    assertThat(rows.at(0)).as("the first row pointer of %s", name).isZero();
    assertThat(rows.at(queries)).as("the last row pointer of %s", name).isEqualTo(values.length());
    assertThat(columns.length()).as("columns of %s", name).isEqualTo(values.length());
    double[] spread = new double[queries * keys];
    for (int row = 0; row < queries; row++) {
      int before = -1;
      for (int entry = (int) rows.at(row); entry < (int) rows.at(row + 1); entry++) {
        int column = (int) columns.at(entry);
        assertThat(column)
            .as("columns of %s in row %d, ascending and below %d", name, row, keys)
            .isGreaterThan(before)
            .isLessThan(keys);
        spread[row * keys + column] = values.at(entry);
        before = column;
      }
    }
    return TensorValues.of(spread, shape);
  }

  private static TensorValues part(Map<String, TensorValues> computed, String name) {
    return Objects.requireNonNull(computed.get(name), name);
  }
}
