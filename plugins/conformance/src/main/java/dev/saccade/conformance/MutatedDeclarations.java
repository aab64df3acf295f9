package dev.saccade.conformance;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.option.Option;
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
            "says linear and holds the whole matrix",
            new SaysLinear(),
            "memory_grows_no_faster_than_declared",
            "time_grows_no_faster_than_declared"),
        MutatedMechanism.of(
            "tells the first reason only",
            new TellsOneReason(),
            "what_is_not_declared_is_refused_with_every_reason"),
        MutatedMechanism.of(
            "fails at a value that its option allows",
            new FailsAtTheEnd(),
            "every_legal_option_value_works_or_is_refused_by_name",
            "a_live_option_changes_a_built_layer"),
        MutatedMechanism.of(
            "has an option without the range that it needs",
            new ForgetsTheRange(),
            "every_legal_option_value_works_or_is_refused_by_name"),
        MutatedMechanism.of(
            "reads a live option once and for all",
            new ReadsOnce(),
            "a_live_option_changes_a_built_layer"),
        MutatedMechanism.of(
            "declares other parameters at the next call",
            new ChangesItsMind(),
            "parameters_are_declared_alike_at_every_call"),
        MutatedMechanism.of(
            "draws parameters from a source of its own",
            new DrawsByItself(),
            "parameters_begin_with_values_of_the_seed_alone"),
        MutatedMechanism.of(
            "keeps weights that are no parameters",
            new HidesWeights(),
            "equal_inputs_give_equal_bits",
            "a_sequence_gives_the_same_alone_as_in_a_batch",
            "a_live_option_changes_a_built_layer",
            "parameters_can_be_saved_and_loaded"),
        MutatedMechanism.of(
            "declares an objective and brings none",
            new HasNoObjective(),
            "an_objective_is_brought_as_declared",
            "an_objective_teaches_by_named_terms"));
  }

  private static final class SaysLinear extends PlainAttention {

    SaysLinear() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    public Capabilities capabilities() {
      return Capabilities.growing(Growth.linear("H·T·D"), Growth.linear("H·T·D"))
          .withMaskings(Masking.NONE, Masking.CAUSAL)
          .withFeatures(Feature.GRADIENTS, Feature.DETERMINISTIC);
    }
  }

  private static final class TellsOneReason extends PlainAttention {

    TellsOneReason() {
      super(Masking.NONE, Masking.PADDING);
    }

    @Override
    public Support check(AttentionSpec spec, Options options) {
      return Support.unless(super.check(spec, options).reasons().stream().limit(1).toList());
    }
  }

  private static final class FailsAtTheEnd extends PlainAttention {

    FailsAtTheEnd() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    public AttentionLayer layer(AttentionSpec spec, Options options) {
      if (options.get(SHARPNESS) > 4) {
        throw new IllegalArgumentException("too sharp");
      }
      return super.layer(spec, options);
    }
  }

  private static final class ForgetsTheRange extends PlainAttention {

    private static final Option<Integer> PIECES =
        Option.integer("pieces", 4, "how many pieces a head is cut to");

    ForgetsTheRange() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    public List<Option<?>> options() {
      return List.of(SHARPNESS, PIECES);
    }

    @Override
    public AttentionLayer layer(AttentionSpec spec, Options options) {
      int length = spec.maxPositions() / options.get(PIECES);
      return length > spec.maxPositions() ? super.layer(spec, options) : super.layer(spec, options);
    }
  }

  private static final class ReadsOnce extends PlainAttention {

    ReadsOnce() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    public AttentionLayer layer(AttentionSpec spec, Options options) {
      double sharpness = options.get(SHARPNESS);
      return new CorrectLayer(
          new PlainAttention(Masking.NONE, Masking.CAUSAL) {
            @Override
            SDVariable sharpness(LayerGraph graph) {
              return graph.constant(sharpness);
            }
          },
          spec);
    }
  }

  private static final class ChangesItsMind extends PlainAttention {

    private final AtomicInteger calls = new AtomicInteger();

    ChangesItsMind() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    List<Parameter> parameters(AttentionSpec spec) {
      double rate = calls.incrementAndGet();
      return super.parameters(spec).stream()
          .map(each -> each.withUpdate(new Parameter.Trained(rate)))
          .toList();
    }
  }

  private static final class DrawsByItself extends PlainAttention {

    private final AtomicInteger draws = new AtomicInteger();

    DrawsByItself() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    List<Parameter> parameters(AttentionSpec spec) {
      Initializer unseeded =
          (shape, random) ->
              Initializer.constant(1 + 1e-15 * draws.incrementAndGet()).values(shape, random);
      return List.of(Parameter.trained(GAIN, Shape.of(spec.headSize()), unseeded));
    }
  }

  private static final class HidesWeights extends PlainAttention {

    private final AtomicInteger layers = new AtomicInteger();

    HidesWeights() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    SDVariable sharpness(LayerGraph graph) {
      return super.sharpness(graph).mul(1 + 0.01 * layers.incrementAndGet());
    }
  }

  private static final class HasNoObjective extends CorrectAttention {
    @Override
    AttentionOutput withObjective(LayerGraph graph, AttentionOutput output) {
      return output;
    }
  }
}
