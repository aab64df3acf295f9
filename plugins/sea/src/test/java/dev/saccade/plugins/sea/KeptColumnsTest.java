package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.option.Options;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class KeptColumnsTest {

  private static final int LONGEST = 256;

  private static final Pattern SIZES =
      Pattern.compile(
          "(causal|noncausal\\.(?<grouping>\\w+))"
              + "\\.H(?<heads>\\d+)_k(?<k>\\d+)_ko(?<oversample>[\\d.]+)_M(?<width>\\d+)");

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

  static Stream<String> published() throws IOException {
    return GoldenCase.read("unit", "unit_topk_count").tensors().keySet().stream();
  }

  /**
   * @param name such as {@code noncausal.causal_batch.H12_k7_ko1_M128}, or {@code causal.} and the
   *     same sizes
   */
  @ParameterizedTest
  @MethodSource("published")
  void counts_are_as_published(String name) throws IOException {
    Matcher sizes = SIZES.matcher(name);
    assertThat(sizes.matches()).as(name).isTrue();
    int heads = Integer.parseInt(sizes.group("heads"));
    int k = Integer.parseInt(sizes.group("k"));
    Options options =
        Options.parse(
            SeaOptions.SCHEMA,
            Map.of(
                "grouping", name.startsWith("causal.") ? "causal-batch" : grouping(sizes),
                "oversample", sizes.group("oversample"),
                "width", sizes.group("width")));
    double[] expected =
        GoldenCase.read("unit", "unit_topk_count").tensor(name).data().asDouble(); // [L]
    AttentionSpec spec = AttentionSpec.multiHead(heads, 2);

    double[] counts =
        name.startsWith("causal.")
            ? counts(spec.withMasking(Masking.CAUSAL), options, k, LONGEST, null)
            : counts(
                spec.withMasking(Masking.PADDING),
                options,
                k,
                LONGEST,
                ColumnsToKeysTest.prefixes(LONGEST));

    assertThat(counts).containsExactly(Arrays.copyOf(expected, LONGEST));
  }

  private static String grouping(Matcher sizes) {
    return sizes.group("grouping").replace('_', '-');
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
