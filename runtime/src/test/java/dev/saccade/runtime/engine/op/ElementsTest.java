package dev.saccade.runtime.engine.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.engine.Nd4jPlatform;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ElementsTest {

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  /** Its pages are not touched but for a few, so it takes next to no memory. */
  @Test
  void an_array_beyond_two_gibibytes_is_read_and_written_to_its_end() {
    int rows = 800_011;
    int columns = 1009;
    try (INDArray large = Nd4j.createUninitializedDetached(DataType.FLOAT, rows, columns)) {
      Elements elements = Elements.of(large);
      Elements.Cursor cursor = elements.cursor(columns);
      for (int row : new int[] {0, 133_019, 600_007, rows - 1}) {
        cursor.values()[0] = row;
        cursor.values()[columns - 1] = -row;
        cursor.write((long) row * columns, columns);
      }

      for (int row : new int[] {0, 133_019, 600_007, rows - 1}) {
        double[] read = elements.cursor(columns).read((long) row * columns, columns);
        assertThat(read[0]).isEqualTo(row);
        assertThat(read[columns - 1]).isEqualTo(-row);
      }
    }
  }
}
