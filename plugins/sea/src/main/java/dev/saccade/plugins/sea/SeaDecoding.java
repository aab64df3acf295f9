package dev.saccade.plugins.sea;

import static java.util.stream.Collectors.toCollection;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.IncrementalAttention;
import java.util.ArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * SEA position by position. What the recipe computes from whole matrices is carried along: the
 * performer's running sums, the sum of values, the rows that the convolutions still look back to,
 * and the keys and values themselves, of which each position touches those that it keeps.
 *
 * <p>Takes F·2D operations a head and position for the sums, and what the encoder and the
 * convolutions take; no position costs more because others came before it. In float32 it computes
 * by the blocks of {@link SeaKernel}, in float64 by the formulas, one position after the other.
 *
 * <p>Keeps as many keys as the live option k says when a decoding begins.
 */
record SeaDecoding(AttentionSpec spec, SeaOptions options) implements IncrementalAttention {

  @Override
  public DecodingState open(DecodingSetup setup) {
    SeaOptions now = options.withKept((int) setup.option(SeaOptions.KEPT));
    Supplier<DecodedSequence> sequence = sequence(setup, now);
    return new SeaDecodingState(
        spec, Stream.generate(sequence).limit(setup.batch()).collect(toCollection(ArrayList::new)));
  }

  private Supplier<DecodedSequence> sequence(DecodingSetup setup, SeaOptions now) {
    if (spec.elementType() == ElementType.F64) {
      DecodingWeights weights = DecodingWeights.read(setup, now);
      return () -> new DoubleSequence(spec, now, weights);
    }
    FloatSequence.Layer layer = FloatSequence.Layer.of(setup, now);
    return () -> new FloatSequence(layer);
  }
}
