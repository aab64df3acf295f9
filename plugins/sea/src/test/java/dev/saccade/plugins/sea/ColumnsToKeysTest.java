package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ColumnsToKeysTest {

  /** What {@link #columns} says of a key that has no column. */
  private static final int NONE = -1;

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 16, 64})
  void a_key_belongs_to_the_column_over_its_middle_and_to_the_lower_of_two(int width) {
    int longest = 67;

    int[][] columns = columns(prefixes(longest), width);

    for (int length = 1; length <= longest; length++) {
      for (int key = 0; key < longest; key++) {
        // ⌈(2j + 1)·M / 2L⌉ − 1, in whole numbers
        int middle = Math.floorDiv((2 * key + 1) * width - 1, 2 * length);
        assertThat(columns[length - 1][key])
            .as("key %d of %d", key, length)
            .isEqualTo(key < length ? middle : NONE);
      }
    }
  }

  @Test
  void padding_before_and_between_real_keys_takes_no_part() {
    INDArray real = Nd4j.createFromArray(new double[][] {{0, 1, 0, 1, 1, 0, 1}});

    int[][] columns = columns(real, 8);

    assertThat(columns[0]).containsExactly(NONE, 0, NONE, 2, 4, NONE, 6);
  }

  @Test
  void a_sequence_of_nothing_but_padding_has_no_columns() {
    int[][] columns = columns(Nd4j.zeros(DataType.DOUBLE, 1, 5), 4);

    assertThat(columns[0]).containsOnly(NONE);
  }

  /** Sequence L - 1 has L real keys, and padding after them. */
  static INDArray prefixes(int longest) {
    double[][] real = new double[longest][longest];
    for (int length = 1; length <= longest; length++) {
      Arrays.fill(real[length - 1], 0, length, 1);
    }
    return Nd4j.createFromArray(real);
  }

  /** The column of every key of every sequence. */
  static int[][] columns(INDArray real, int width) {
    AttentionSpec spec = AttentionSpec.multiHead(1, 2).withMasking(Masking.PADDING);
    TestGraph graph = new TestGraph(spec, real.size(0), real.size(1), 1, Set.of());
    ColumnsToKeys toKeys =
        ColumnsToKeys.of(graph, width, RealPositions.of(graph, graph.mask(real)));

    float[] share = toKeys.share(graph, toKeys.column(), 1).eval().data().asFloat(); // [B, M, S]

    int keys = Math.toIntExact(real.size(1));
    int[][] columns = new int[Math.toIntExact(real.size(0))][keys];
    for (int sequence = 0; sequence < columns.length; sequence++) {
      for (int key = 0; key < keys; key++) {
        columns[sequence][key] = NONE;
        for (int column = 0; column < width; column++) {
          if (share[(sequence * width + column) * keys + key] != 0) {
            assertThat(columns[sequence][key]).as("a second column").isEqualTo(NONE);
            columns[sequence][key] = column;
          }
        }
      }
    }
    return columns;
  }
}
