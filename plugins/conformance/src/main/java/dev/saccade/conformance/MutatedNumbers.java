package dev.saccade.conformance;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;

/** Mechanisms that compute something else than they say. */
final class MutatedNumbers {

  private MutatedNumbers() {}

  static List<MutatedMechanism> all() {
    return List.of(
        MutatedMechanism.of(
            "says exact and forgets a part of the scale",
            new ForgetsTheScale(),
            "an_exact_mechanism_is_softmax_attention",
            "decoding_in_any_portions_is_the_whole_text",
            "decoding_knows_padding",
            "forks_of_a_decoding_are_independent",
            "forks_outlive_the_decoding"),
        MutatedMechanism.of(
            "gives query heads the wrong keys where heads are grouped",
            new DealsHeadsOut(),
            "grouped_heads_are_repeated_keys"),
        MutatedMechanism.of(
            "adds noise that it draws while the graph is built",
            new AddsNoise(),
            "equal_inputs_give_equal_bits",
            "parameters_can_be_saved_and_loaded"),
        MutatedMechanism.of(
            "gives a number where there is none",
            new HidesWhatIsNoNumber(),
            "what_is_no_number_is_not_hidden"),
        MutatedMechanism.of(
            "declares a trained parameter that nothing depends on",
            new TrainsInVain(),
            "gradients_reach_every_trained_parameter"));
  }

  private static final class ForgetsTheScale extends CorrectAttention {

    @Override
    SDVariable logits(LayerGraph graph, SDVariable query, SDVariable key) {
      return super.logits(graph, query, key).mul(1.01);
    }
  }

  private static final class DealsHeadsOut extends CorrectAttention {

    @Override
    SDVariable forEveryHead(LayerGraph graph, SDVariable shared) {
      int sharing = graph.spec().heads() / graph.spec().kvHeads();
      return sharing == 1 ? shared : graph.sameDiff().tile(shared, 1, sharing, 1, 1);
    }
  }

  private static final class AddsNoise extends PlainAttention {

    /** So little that only bits tell. */
    private static final double NOISE = 1e-15;

    private final AtomicInteger builds = new AtomicInteger();

    AddsNoise() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      return super.context(graph, weights, value, mask).add(NOISE * builds.incrementAndGet());
    }
  }

  private static final class HidesWhatIsNoNumber extends PlainAttention {

    /** Below any result; the greater of it and what is no number is it, to ND4J. */
    private static final double LOWEST = -1e30;

    HidesWhatIsNoNumber() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable context = super.context(graph, weights, value, mask);
      return graph.sameDiff().math().max(context, graph.constant(LOWEST));
    }
  }

  private static final class TrainsInVain extends PlainAttention {

    private static final String UNUSED = "unused";

    TrainsInVain() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    List<Parameter> parameters(AttentionSpec spec) {
      Parameter unused =
          Parameter.trained(UNUSED, Shape.of(spec.headSize()), Initializer.normal(1));
      return Stream.concat(super.parameters(spec).stream(), Stream.of(unused)).toList();
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      return super.context(graph, weights, value, mask).add(graph.parameter(UNUSED).mul(0.0));
    }
  }
}
