package dev.saccade.conformance;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** Mechanisms that let something through their masks. */
final class MutatedMasks {

  private MutatedMasks() {}

  static List<MutatedMechanism> all() {
    return List.of(
        MutatedMechanism.of(
            "a convolution over positions looks one ahead",
            new LooksAhead(),
            "a_later_position_does_not_change_an_earlier_result"),
        MutatedMechanism.of(
            "normalises over queries instead of keys",
            new NormalisesQueries(),
            "a_later_position_does_not_change_an_earlier_result"),
        MutatedMechanism.of(
            "reads the mask and forgets to use it",
            new IgnoresTheMask(),
            "the_values_of_padding_have_no_weight",
            "a_query_that_sees_no_key_gets_zero"),
        MutatedMechanism.of(
            "normalises by a mean that counts padding",
            new CountsPadding(),
            "what_stands_in_padding_does_not_matter",
            "a_sequence_gives_the_same_alone_as_padded"),
        MutatedMechanism.of(
            "divides zero by zero where a query sees nothing",
            new DividesByZero(),
            "a_query_that_sees_no_key_gets_zero",
            "gradients_are_finite_where_queries_see_no_key"),
        MutatedMechanism.of(
            "attends evenly to hidden keys where a query sees nothing",
            new NeverSeesNothing(),
            "a_query_that_sees_no_key_gets_zero"),
        MutatedMechanism.of(
            "mixes the sequences of a batch",
            new MixesTheBatch(),
            "a_sequence_gives_the_same_alone_as_in_a_batch",
            "a_bad_sequence_does_not_harm_its_neighbours"));
  }

  private static final class LooksAhead extends PlainAttention {

    LooksAhead() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SameDiff sd = graph.sameDiff();
      SDVariable context = super.context(graph, weights, value, mask);
      int heads = graph.spec().heads();
      int size = graph.spec().headSize();
      if (graph.queries() == 1) {
        return context;
      }
      int[] begin = {0, 0, 1, 0};
      int[] rest = {
        (int) graph.batch(), heads, (int) graph.queries() - 1, size,
      };
      SDVariable last =
          sd.slice(
              context,
              new int[] {0, 0, (int) graph.queries() - 1, 0},
              (int) graph.batch(),
              heads,
              1,
              size);
      SDVariable next = sd.concat(2, sd.slice(context, begin, rest), last);
      return context.add(next.mul(0.1));
    }
  }

  private static final class NormalisesQueries extends PlainAttention {

    NormalisesQueries() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    SDVariable weights(LayerGraph graph, SDVariable logits, AttentionMask mask) {
      SDVariable hidden = logits.add(mask.bias()).permute(0, 1, 3, 2);
      return graph.math().softmax(hidden).permute(0, 1, 3, 2).mul(mask.visible());
    }
  }

  private static final class IgnoresTheMask extends PlainAttention {

    IgnoresTheMask() {
      super(Masking.NONE, Masking.PADDING);
    }

    @Override
    SDVariable weights(LayerGraph graph, SDVariable logits, AttentionMask mask) {
      SDVariable unused = mask.visible();
      return graph.math().softmax(logits).mul(unused.mul(0.0).add(1.0));
    }
  }

  private static final class CountsPadding extends PlainAttention {

    CountsPadding() {
      super(Masking.NONE, Masking.PADDING);
    }

    @Override
    public Capabilities capabilities() {
      return super.capabilities()
          .withFeatures(Feature.PADDING_INVARIANT, Feature.GRADIENTS, Feature.DETERMINISTIC);
    }

    @Override
    SDVariable logits(LayerGraph graph, SDVariable query, SDVariable key) {
      SDVariable mean = graph.math().mean(key.mul(key), 2); // [B, H, 1, D]
      return super.logits(graph, query.div(mean.add(1.0)), key);
    }
  }

  private static final class DividesByZero extends PlainAttention {

    DividesByZero() {
      super(Masking.NONE, Masking.PADDING);
    }

    @Override
    SDVariable weights(LayerGraph graph, SDVariable logits, AttentionMask mask) {
      SDVariable exponentials = graph.sameDiff().math().exp(logits).mul(mask.visible());
      return exponentials.div(graph.math().sum(exponentials, 3));
    }
  }

  private static final class NeverSeesNothing extends PlainAttention {

    NeverSeesNothing() {
      super(Masking.NONE, Masking.PADDING);
    }

    @Override
    SDVariable weights(LayerGraph graph, SDVariable logits, AttentionMask mask) {
      return graph.math().softmax(logits.add(mask.bias()));
    }
  }

  private static final class MixesTheBatch extends PlainAttention {

    MixesTheBatch() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable context = super.context(graph, weights, value, mask);
      return context.add(graph.math().mean(context, 0).mul(0.01));
    }
  }
}
