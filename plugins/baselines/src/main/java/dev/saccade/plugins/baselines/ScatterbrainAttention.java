package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Support;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Component;

/**
 * The sum of {@link ReformerAttention} and {@link PerformerAttention}.
 *
 * <p>A sparse matrix holds the few great weights of attention but not the many small ones; one of
 * low rank the other way around. Together they should hold both: hashing finds the great ones,
 * random features spread the rest.
 *
 * <p>As SEA's comparison has it, the two contexts are added, each of weights that sum to one. The
 * authors of Scatterbrain instead correct the estimate where the sparse part knows better and
 * normalise once. Its rows of attention therefore sum to two here; a layer that is trained gets
 * used to it.
 *
 * <p>It costs what the two cost, and takes the options of both. It does not decode, because its
 * first half does not.
 *
 * <p>Chen et al., Scatterbrain: Unifying Sparse and Low-rank Attention Approximation, NeurIPS 2021.
 */
@Component
public final class ScatterbrainAttention implements AttentionMechanism {

  private static final PerformerAttention PERFORMER = new PerformerAttention();
  private static final ReformerAttention REFORMER = new ReformerAttention();

  @Override
  public String name() {
    return "scatterbrain";
  }

  @Override
  public String summary() {
    return "reformer plus performer, a plain sum (after Chen et al. 2021)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(
            Growth.quadratic("H·T·(F + n·(4b + T/2b))·D"), Growth.linear("H·T·(F + D)"))
        .withFeatures(Feature.GRADIENTS, Feature.LENGTH_GENERALISING, Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return Stream.concat(REFORMER.options().stream(), PERFORMER.options().stream()).toList();
  }

  @Override
  public Support check(AttentionSpec spec, Options options) {
    return Support.unless(
        Stream.of(
                capabilities().check(spec),
                REFORMER.check(spec, options),
                PERFORMER.check(spec, options))
            .flatMap(support -> support.reasons().stream())
            .distinct()
            .toList());
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new SummedLayers(REFORMER.layer(spec, options), PERFORMER.layer(spec, options));
  }

  @Override
  public List<AttentionKernel> kernels() {
    return Stream.concat(REFORMER.kernels().stream(), PERFORMER.kernels().stream()).toList();
  }
}
