package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.option.Options;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
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

  @ParameterizedTest
  @EnumSource(Grouping.class)
  void counts_are_as_published(Grouping grouping) throws IOException {
    int longest = 256;
    String published =
        "noncausal.%s.H12_k7_ko1_M128".formatted(grouping.name().toLowerCase(Locale.ROOT));
    double[] expected =
        GoldenCase.read(GoldenCase.folder("unit").resolve("unit_topk_count.json"))
            .tensor(published) // [L]
            .data()
            .asDouble();
    AttentionSpec spec = AttentionSpec.multiHead(12, 2).withMasking(Masking.PADDING);
    Options options = Options.defaults(SeaOptions.SCHEMA).with(SeaOptions.GROUPING, grouping);

    double[] counts = counts(spec, options, 7, longest, ColumnsToKeysTest.prefixes(longest));

    assertThat(counts).containsExactly(Arrays.copyOf(expected, longest));
  }

  /** The count of every sequence. */
  private static double[] counts(
      AttentionSpec spec, Options options, int k, int length, @Nullable INDArray real) {
    long batch = real == null ? 1 : real.size(0);
    TestGraph graph = new TestGraph(spec, batch, length, k, Set.of());
    RealPositions positions = RealPositions.of(graph, graph.mask(real));
    return KeptColumns.count(graph, SeaOptions.from(options), positions).eval().data().asDouble();
  }
}
