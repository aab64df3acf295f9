package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.option.Options;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class KeptColumnsTest {

  @ParameterizedTest
  @CsvSource({
    "query, 2, 4, 1", // 2·4/8
    "query, 5, 4, 2", // 5·4/8 is 2.5: half a column goes to the even count
    "query, 7, 4, 4", // 7·4/8 is 3.5
    "query, 1, 2, 1", // 1·2/8 is 0.25, but one is the least
    "head, 2, 4, 8", // 8 queries of 2·4/8
    "batch, 2, 4, 24", // 3 heads of them
    "causal-batch, 2, 4, 3", // 3 heads of one query
  })
  void a_group_keeps_k_keys_for_each_of_its_queries_and_heads(
      String grouping, int k, int width, double expected) {
    Options options =
        Options.parse(
            SeaOptions.SCHEMA, Map.of("grouping", grouping, "width", String.valueOf(width)));

    double[] counts = counts(AttentionSpec.multiHead(3, 2), options, k, 8, null);

    assertThat(counts).containsExactly(expected);
  }

  /** The count of every sequence or, in causal attention, of every query. */
  static double[] counts(
      AttentionSpec spec, Options options, int k, int length, @Nullable INDArray real) {
    long batch = real == null ? 1 : real.size(0);
    TestGraph graph = new TestGraph(spec, batch, length, k, Set.of());
    RealPositions positions = RealPositions.of(graph, graph.mask(real));
    return KeptColumns.count(graph, SeaOptions.from(options), positions).eval().data().asDouble();
  }
}
