package dev.saccade.plugins.sea;

import static java.util.stream.Collectors.toCollection;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.plugins.sea.cuda.SharedGpu;
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
 * <p>Asked for the kernel {@code cuda} it decodes on a {@linkplain DeviceDecoding GPU}. Nobody who
 * does not ask gets that: whether a position of a few launches and two copies beats a core that has
 * all it needs in its cache, no GPU has told us.
 *
 * <p>Keeps as many keys as the live option k says when a decoding begins.
 *
 * @param gpu for all layers of a mechanism
 */
record SeaDecoding(AttentionSpec spec, SeaOptions options, SharedGpu gpu)
    implements IncrementalAttention {

  @Override
  public Support check(DecodingSetup setup) {
    return setup.kernel() == KernelChoice.CUDA
        ? DeviceLayer.check(setup, options, gpu)
        : Support.yes();
  }

  @Override
  public DecodingState open(DecodingSetup setup) {
    SeaOptions now = options.withKept((int) setup.option(SeaOptions.KEPT));
    if (setup.kernel() == KernelChoice.CUDA) {
      return DeviceDecoding.open(setup, now, gpu);
    }
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
