package dev.saccade.conformance;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;

/** Mechanisms whose options or parameters are wrong. */
final class MutatedOptions {

  private MutatedOptions() {}

  static List<MutatedMechanism> all() {
    return List.of(
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
            "has an option that nobody can type", new NamesBadly(), "options_are_well_formed"),
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
            "parameters_begin_with_values_of_the_seed_alone",
            "equal_inputs_give_equal_bits"),
        MutatedMechanism.of(
            "keeps weights that are no parameters",
            new HidesWeights(),
            "equal_inputs_give_equal_bits",
            "a_sequence_gives_the_same_alone_as_in_a_batch",
            "a_live_option_changes_a_built_layer",
            "parameters_can_be_saved_and_loaded"),
        MutatedMechanism.of(
            "declares random features and draws its own",
            new IgnoresTheDraw(),
            "random_parameters_can_be_drawn_again"));
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
      int pieces = Math.abs(spec.hiddenSize() / options.get(PIECES)); // fails for none
      return super.layer(spec.withHiddenSize(1 + pieces), options);
    }
  }

  private static final class NamesBadly extends PlainAttention {

    private static final Option<Integer> UNTYPED = Option.integer("Key Count", 4, "keys");

    NamesBadly() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    public List<Option<?>> options() {
      return List.of(SHARPNESS, UNTYPED);
    }
  }

  private static final class ReadsOnce extends PlainAttention {

    ReadsOnce() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    public AttentionLayer layer(AttentionSpec spec, Options options) {
      UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
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

  private static final class IgnoresTheDraw extends PlainAttention {

    private static final String FEATURES = "features";

    IgnoresTheDraw() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    List<Parameter> parameters(AttentionSpec spec) {
      Parameter features =
          new Parameter(
              FEATURES,
              Shape.of(spec.headSize()),
              Initializer.normal(1),
              new Parameter.Redrawn(100));
      return Stream.concat(super.parameters(spec).stream(), Stream.of(features)).toList();
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable drawn = graph.parameter(FEATURES);
      return super.context(graph, weights, value, mask).add(drawn.mul(0.0));
    }
  }
}
