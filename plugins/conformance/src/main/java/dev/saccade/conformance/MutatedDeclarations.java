package dev.saccade.conformance;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.LengthRule;
import dev.saccade.api.Masking;
import dev.saccade.api.Support;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.nd4j.autodiff.samediff.SDVariable;

/** Mechanisms that are not what they declare. */
final class MutatedDeclarations {

  private MutatedDeclarations() {}

  static List<MutatedMechanism> all() {
    return List.of(
        MutatedMechanism.of(
            "has a name that is no word",
            new Plain() {
              @Override
              public String name() {
                return "My Attention";
              }
            },
            "the_name_is_lower_case_with_hyphens"),
        MutatedMechanism.of(
            "tells a story for a summary",
            new Plain() {
              @Override
              public String summary() {
                return "attention\nis all you need";
              }
            },
            "the_summary_is_one_line"),
        MutatedMechanism.of(
            "leaves a formula blank",
            new Plain() {
              @Override
              public Capabilities capabilities() {
                return growing(Growth.quadratic(""), Growth.quadratic(""));
              }
            },
            "growth_is_explained_by_formulas"),
        MutatedMechanism.of(
            "declares something else at every call",
            new Plain() {
              private final AtomicInteger calls = new AtomicInteger();

              @Override
              public Capabilities capabilities() {
                Growth growth = Growth.quadratic("H·T²·" + calls.incrementAndGet());
                return growing(growth, growth);
              }
            },
            "it_says_the_same_of_itself_at_every_call"),
        MutatedMechanism.of(
            "says linear and holds the whole matrix",
            new Plain() {
              @Override
              public Capabilities capabilities() {
                return growing(Growth.linear("H·T·D"), Growth.linear("H·T·D"));
              }
            },
            "memory_grows_no_faster_than_declared",
            "time_grows_no_faster_than_declared"),
        MutatedMechanism.of(
            "tells the first reason only",
            new TellsOneReason(),
            "what_is_not_declared_is_refused_with_every_reason"),
        MutatedMechanism.of(
            "refuses a mask that it declares",
            new RefusesItsOwn(),
            "what_is_declared_is_taken_by_the_default_options"),
        MutatedMechanism.of(
            "overflows in float32",
            new Overflows(),
            "the_context_has_the_shape_of_the_query_and_is_finite"),
        MutatedMechanism.of(
            "fails at a whole number of tiles",
            new FailsAtTiles(),
            "lengths_around_tile_edges_work"),
        MutatedMechanism.of(
            "declares a length rule that its layers do not have",
            new Plain() {
              @Override
              public Capabilities capabilities() {
                return super.capabilities().withLengths(new LengthRule(2, 1));
              }
            },
            "lengths_outside_the_rule_are_refused"),
        MutatedMechanism.of(
            "declares unequal lengths and confuses them",
            new ConfusesLengths(),
            "unequal_lengths_work_or_are_refused"),
        MutatedMechanism.of(
            "fails at the most positions",
            new FailsAtTheMost(),
            "it_works_at_the_most_positions_of_the_model"),
        MutatedMechanism.of(
            "declares an objective and brings none",
            new HasNoObjective(),
            "an_objective_is_brought_as_declared",
            "an_objective_teaches_by_named_terms"));
  }

  /** Without a mask and with a causal one. */
  private abstract static class Plain extends PlainAttention {

    Plain() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    static Capabilities growing(Growth time, Growth memory) {
      return Capabilities.growing(time, memory)
          .withMaskings(Masking.NONE, Masking.CAUSAL)
          .withFeatures(Feature.GRADIENTS, Feature.DETERMINISTIC);
    }

    Capabilities with(Feature feature) {
      return super.capabilities().withFeatures(feature, Feature.GRADIENTS, Feature.DETERMINISTIC);
    }
  }

  private static final class TellsOneReason extends Plain {
    @Override
    public Support check(AttentionSpec spec, Options options) {
      return Support.unless(super.check(spec, options).reasons().stream().limit(1).toList());
    }
  }

  private static final class RefusesItsOwn extends Plain {
    @Override
    public Support check(AttentionSpec spec, Options options) {
      return spec.masking().causal()
          ? super.check(spec, options).and(Support.no("masking CAUSAL was not finished"))
          : super.check(spec, options);
    }
  }

  private static final class Overflows extends Plain {
    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable context = super.context(graph, weights, value, mask);
      return graph.spec().elementType() == ElementType.F32 ? context.mul(1e30).mul(1e30) : context;
    }
  }

  private static final class FailsAtTiles extends Plain {
    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable context = super.context(graph, weights, value, mask);
      return graph.queries() == 32 ? context.div(0.0) : context;
    }
  }

  private static final class FailsAtTheMost extends Plain {
    @Override
    public Capabilities capabilities() {
      return with(Feature.LENGTH_GENERALISING);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable context = super.context(graph, weights, value, mask);
      return graph.queries() == graph.spec().maxPositions() ? context.div(0.0) : context;
    }
  }

  private static final class ConfusesLengths extends Plain {
    @Override
    public Capabilities capabilities() {
      return with(Feature.UNEQUAL_LENGTHS);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      int heads = graph.spec().heads();
      return super.context(
          graph, weights.reshape(graph.batch(), heads, graph.keys(), graph.queries()), value, mask);
    }
  }

  private static final class HasNoObjective extends CorrectAttention {
    @Override
    AttentionOutput withObjective(LayerGraph graph, AttentionOutput output) {
      return output;
    }
  }
}
