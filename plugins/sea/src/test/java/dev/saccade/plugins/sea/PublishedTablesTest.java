package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.option.Options;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The functions that decide which keys are kept, for every length up to hundreds, against the
 * published ones: the column of every key, the borders of columns in the GPU kernels, what remains
 * after oversampling, and how many columns are kept.
 */
class PublishedTablesTest {

  /** Such as {@code dense_index.M24}. */
  private static final Pattern OF_WIDTH =
      Pattern.compile("(?<table>dense_index|csr_start|csr_end)\\.M(?<width>\\d+)");

  /** Such as {@code oversample_keep.k7_ko1.5}. */
  private static final Pattern REMAINING =
      Pattern.compile("oversample_keep\\.k(?<k>\\d+)_ko(?<oversample>[\\d.]+)");

  /** Such as {@code noncausal.causal_batch.H12_k7_ko1_M128}, or {@code causal.} and the sizes. */
  private static final Pattern COUNT =
      Pattern.compile(
          "(causal|noncausal\\.(?<grouping>\\w+))"
              + "\\.H(?<heads>\\d+)_k(?<k>\\d+)_ko(?<oversample>[\\d.]+)_M(?<width>\\d+)");

  private static final GoldenFolder FOLDER = SeaCase.tables();
  private static final GoldenReport REPORT = new GoldenReport("Tables of SEA", FOLDER);

  static List<GoldenCase> published() {
    return FOLDER.cases();
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void every_table_is_as_published(GoldenCase golden) {
    REPORT.check(
        golden,
        Set.of(""),
        compared ->
            golden
                .names()
                .forEach(name -> compared.tensor(name, computed(name, golden.shape(name)), 0)));
  }

  private static INDArray computed(String name, long[] shape) {
    int longest = Math.toIntExact(shape[0]);
    Matcher ofWidth = OF_WIDTH.matcher(name);
    if (ofWidth.matches()) {
      int width = Integer.parseInt(ofWidth.group("width"));
      return switch (ofWidth.group("table")) {
        case "dense_index" ->
            Nd4j.createFromArray(
                ColumnsToKeysTest.columns(ColumnsToKeysTest.prefixes(longest), width));
        case "csr_start" -> borders(longest, width, 0);
        default -> borders(longest, width, 1);
      };
    }
    Matcher remaining = REMAINING.matcher(name);
    if (remaining.matches()) {
      return remaining(
          longest,
          Integer.parseInt(remaining.group("k")),
          Double.parseDouble(remaining.group("oversample")));
    }
    Matcher count = COUNT.matcher(name);
    assertThat(count.matches()).as("%s is a table that we know", name).isTrue();
    return counts(count, longest);
  }

  /**
   * Where each column of 1, 2, … keys begins, {@code [L, M]}, or where the next one does.
   *
   * @param next zero for a column's own border, one for that of its neighbour
   */
  private static INDArray borders(int longest, int width, int next) {
    SameDiff sd = SameDiff.create();
    SDVariable length =
        sd.constant(Nd4j.arange(1, longest + 1).castTo(DataType.FLOAT).reshape(longest, 1));
    SDVariable column =
        sd.constant(Nd4j.arange(next, width + next).castTo(DataType.FLOAT).reshape(1, width));
    return Thinning.border(column, length.div(width)).eval();
  }

  /** {@code [L, S]}. */
  private static INDArray remaining(int longest, int k, double oversample) {
    AttentionSpec spec = AttentionSpec.multiHead(1, 2).withMasking(Masking.CAUSAL);
    TestGraph graph = new TestGraph(spec, 1, longest, k, Set.of());
    RealPositions positions = RealPositions.of(graph, graph.mask(null));
    return Thinning.evenly(graph, oversample, positions)
        .reshape(1, longest, longest)
        .mul(positions.visible())
        .eval()
        .reshape(longest, longest);
  }

  private static INDArray counts(Matcher sizes, int longest) {
    boolean causal = sizes.group("grouping") == null;
    Options options =
        Options.parse(
            SeaOptions.SCHEMA,
            Map.of(
                "grouping", causal ? "causal-batch" : sizes.group("grouping").replace('_', '-'),
                "oversample", sizes.group("oversample"),
                "width", sizes.group("width")));
    @Nullable INDArray real = causal ? null : ColumnsToKeysTest.prefixes(longest);
    AttentionSpec spec =
        AttentionSpec.multiHead(Integer.parseInt(sizes.group("heads")), 2)
            .withMasking(causal ? Masking.CAUSAL : Masking.PADDING);
    double[] counts =
        KeptColumnsTest.counts(spec, options, Integer.parseInt(sizes.group("k")), longest, real);
    return Nd4j.createFromArray(Arrays.copyOf(counts, longest));
  }
}
