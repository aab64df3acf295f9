package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.runtime.engine.GraphOps;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GraphMaskTest {

  private static final int B = 2;
  private static final int T = 5;

  /** Padding behind the first sequence and before the second. */
  private static final double[][] REAL = {{1, 1, 1, 0, 0}, {0, 1, 1, 1, 1}};

  private final SameDiff graph = SameDiff.create();

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static AttentionSpec spec(Masking masking, ElementType type) {
    return AttentionSpec.multiHead(3, 7).withMasking(masking).withElementType(type);
  }

  private GraphMask mask(AttentionSpec spec, int queries, int keys) {
    return new GraphMask(graph, spec, new LayerSize(B, queries, keys), real(spec, keys));
  }

  private @Nullable SDVariable real(AttentionSpec spec, int keys) {
    return spec.masking().padded()
        ? graph.placeHolder("real", ElementTypes.nd4j(spec.elementType()), B, keys)
        : null;
  }

  private INDArray value(SDVariable variable) {
    DataType type = variable.dataType();
    try (GraphRunner runner = new GraphRunner(graph);
        INDArray real = Nd4j.createFromArray(REAL).castTo(type);
        GraphOutputs outputs = runner.run(Map.of("real", real), variable.name())) {
      return outputs.copy(variable.name());
    }
  }

  private static boolean sees(Masking masking, int b, int t, int s) {
    return (!masking.causal() || s <= t) && (!masking.padded() || REAL[b][s] == 1);
  }

  private static void requireEverywhere(
      INDArray actual, Masking masking, UnaryOperator<Double> ofOneOrZero) {
    INDArray broadcast = actual.broadcast(B, 1, T, T);
    for (int b = 0; b < B; b++) {
      for (int t = 0; t < T; t++) {
        for (int s = 0; s < T; s++) {
          double expected = ofOneOrZero.apply(sees(masking, b, t, s) ? 1.0 : 0.0);
          assertThat(broadcast.getDouble(b, 0, t, s))
              .as("%s, sequence %d, query %d, key %d", masking, b, t, s)
              .isEqualTo(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void one_stands_where_a_query_may_see_a_key(Masking masking) {
    INDArray visible = value(mask(spec(masking, ElementType.F32), T, T).visible());

    assertThat(visible.shape())
        .containsExactly(masking.padded() ? B : 1, 1, masking.causal() ? T : 1, T);
    assertThat(visible.dataType()).isEqualTo(DataType.FLOAT);
    requireEverywhere(visible, masking, seen -> seen);
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void masks_are_built_in_float64_too(Masking masking) {
    INDArray visible = value(mask(spec(masking, ElementType.F64), T, T).visible());

    assertThat(visible.dataType()).isEqualTo(DataType.DOUBLE);
    requireEverywhere(visible, masking, seen -> seen);
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void the_bias_is_zero_or_far_below_any_logit(Masking masking) {
    INDArray bias = value(mask(spec(masking, ElementType.F32), T, T).bias());

    requireEverywhere(bias.add(0), masking, seen -> seen == 1 ? 0.0 : (double) (float) -1e30);
    assertThat((float) bias.minNumber().doubleValue() * 2).isFinite();
  }

  @Test
  void a_query_that_sees_no_key_gets_a_row_of_zeros() {
    GraphMask mask = mask(spec(Masking.CAUSAL_PADDING, ElementType.F32), T, T);
    Nd4j.getRandom().setSeed(3);
    SDVariable logits = graph.constant(Nd4j.randn(DataType.FLOAT, B, 3, T, T).muli(7));

    INDArray weights = value(GraphOps.softmax(logits.add(mask.bias())).mul(mask.visible()));

    // The second sequence begins with padding, so its first query sees nothing.
    assertThat(weights.getDouble(1, 2, 0, 0)).isZero();
    INDArray sums = weights.sum(-1);
    for (int t = 0; t < T; t++) {
      assertThat(sums.getDouble(0, 1, t)).isBetween(1 - 1e-6, 1 + 1e-6);
      assertThat(sums.getDouble(1, 1, t)).isBetween(t == 0 ? 0 : 1 - 1e-6, t == 0 ? 0 : 1 + 1e-6);
    }
  }

  @Test
  void more_keys_than_queries_are_seen_up_to_the_querys_position() {
    INDArray visible = value(mask(spec(Masking.CAUSAL, ElementType.F32), 3, T).visible());

    assertThat(visible.shape()).containsExactly(1, 1, 3, T);
    assertThat(visible.data().asFloat())
        .containsExactly(1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0);
  }

  @Test
  void a_mask_with_padding_is_honoured_once_its_keys_were_read() {
    AttentionSpec padded = spec(Masking.PADDING, ElementType.F32);
    SDVariable real = real(padded, T);
    LayerSize size = LayerSize.self(B, T);
    GraphMask unread = new GraphMask(graph, padded, size, real);
    GraphMask visible = new GraphMask(graph, padded, size, real);
    GraphMask bias = new GraphMask(graph, padded, size, real);
    GraphMask keys = new GraphMask(graph, padded, size, real);

    visible.visible();
    bias.bias();
    keys.keys();

    assertThat(unread.wasHonoured()).isFalse();
    assertThat(visible.wasHonoured()).isTrue();
    assertThat(bias.wasHonoured()).isTrue();
    assertThat(keys.wasHonoured()).isTrue();
  }

  @Test
  void knowing_which_queries_are_real_hides_no_key() {
    GraphMask mask = mask(spec(Masking.PADDING, ElementType.F32), T, T);

    assertThat(mask.queries()).isPresent();

    assertThat(mask.wasHonoured()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      value = Masking.class,
      names = {"NONE", "CAUSAL"})
  void without_padding_there_is_nothing_to_ignore(Masking masking) {
    GraphMask mask = mask(spec(masking, ElementType.F32), T, T);

    assertThat(mask.wasHonoured()).isTrue();
    assertThat(mask.keys()).isEmpty();
    assertThat(mask.queries()).isEmpty();
  }

  @Test
  void queries_of_self_attention_are_real_where_the_keys_are() {
    GraphMask mask = mask(spec(Masking.PADDING, ElementType.F32), T, T);

    assertThat(value(mask.queries().orElseThrow()).toFloatMatrix())
        .isEqualTo(new float[][] {{1, 1, 1, 0, 0}, {0, 1, 1, 1, 1}});
  }

  @Test
  void queries_of_cross_attention_have_a_length_of_their_own_and_all_count() {
    AttentionSpec cross = spec(Masking.PADDING, ElementType.F32).withSource(Source.CROSS);

    INDArray queries = value(mask(cross, 3, T).queries().orElseThrow());

    assertThat(queries.toFloatMatrix()).isEqualTo(new float[][] {{1, 1, 1}, {1, 1, 1}});
  }

  @Test
  void padding_and_its_mask_come_together_or_not_at_all() {
    LayerSize size = LayerSize.self(B, T);

    assertThatThrownBy(
            () -> new GraphMask(graph, spec(Masking.PADDING, ElementType.F32), size, null))
        .hasMessage("masking PADDING needs a padding mask");
    assertThatThrownBy(
            () ->
                new GraphMask(
                    graph,
                    spec(Masking.CAUSAL, ElementType.F32),
                    size,
                    graph.placeHolder("real", DataType.FLOAT, B, T)))
        .hasMessage("masking CAUSAL has no use for a padding mask");
  }
}
