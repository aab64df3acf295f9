package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThinningTest {

  @ParameterizedTest
  @CsvSource({
    "4, 4, 4, 0 1 2 3", // as many as fit
    "4, 2, 9, 4 8", // 9 keys in the first column: distances 0 and ⌊9/2⌋ from the last
    "4, 4, 12, 2 5 8 11", // the example of the published kernels
    "4, 1, 12, 11", // the last key stands for all
  })
  void a_column_keeps_its_last_key_and_others_evenly_before_it(
      int width, int k, int inColumn, String remaining) {
    int length = inColumn * width;
    TestGraph graph = causal(length, k);
    RealPositions positions = RealPositions.of(graph, graph.mask(null));
    ColumnsToKeys toKeys = ColumnsToKeys.of(graph, width, positions);

    double[] remains =
        Thinning.toAtMostK(graph, toKeys, positions).eval().dup('c').data().asDouble();

    List<String> first = new ArrayList<>();
    for (int key = 0; key < inColumn; key++) {
      if (remains[(length - 1) * length + key] != 0) {
        first.add(String.valueOf(key));
      }
    }
    assertThat(String.join(" ", first)).isEqualTo(remaining);
  }

  private static TestGraph causal(int length, int k) {
    AttentionSpec spec = AttentionSpec.multiHead(1, 2).withMasking(Masking.CAUSAL);
    return new TestGraph(spec, 1, length, k, Set.of());
  }
}
