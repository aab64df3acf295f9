package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.IncrementalAttention;
import java.util.ArrayList;
import java.util.List;

/**
 * SEA position by position. What the recipe computes from whole matrices is carried along: the
 * performer's running sums, the sum of values, the rows that the convolutions still look back to,
 * and the keys and values themselves, of which each position touches those that it keeps.
 *
 * <p>Takes F·2D operations a head and position for the estimate, and looks once at every earlier
 * position to know its column. Computes in float64, whatever the element type; counts and columns
 * are rounded in float32 as everywhere.
 *
 * <p>Keeps as many keys as the live option k says when a decoding begins.
 */
record SeaDecoding(AttentionSpec spec, SeaOptions options) implements IncrementalAttention {

  @Override
  public DecodingState open(DecodingSetup setup) {
    SeaOptions now = options.withKept((int) setup.option(SeaOptions.KEPT));
    DecodingWeights weights = DecodingWeights.read(setup, now);
    List<DecodedSequence> sequences = new ArrayList<>();
    for (int sequence = 0; sequence < setup.batch(); sequence++) {
      sequences.add(new DecodedSequence(spec, now, weights));
    }
    return new SeaDecodingState(spec, sequences);
  }
}
