package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Masking;
import dev.saccade.api.Support;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * Estimates the attention matrix in linear time, keeps its greatest entries as a sparse mask, and
 * attends exactly inside the mask.
 *
 * <p>This is the recipe: the definition, composed of ordinary graph operations. It multiplies out
 * whole matrices of scores and masks, so it takes the quadratic time and memory that the method
 * avoids; what needs no such matrix, the estimate, is linear here too.
 *
 * <p>Not padding invariant, as published: padding enters the features' normaliser, the convolutions
 * and the mean over queries, so a sequence gives another result in a longer batch.
 *
 * <p>Lee, Kim, Willette, Hwang: SEA: Sparse Linear Attention with Estimated Attention Mask, ICLR
 * 2024.
 */
@Component
public final class SeaAttention implements AttentionMechanism {

  @Override
  public String name() {
    return "sea";
  }

  @Override
  public String summary() {
    return "sparse attention inside a mask estimated in linear time (Lee et al. 2024)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(
            Growth.quadratic("H·T²·(M + D) as a recipe"), Growth.quadratic("H·T² as a recipe"))
        .withMaskings(Masking.NONE, Masking.PADDING)
        .withFeatures(Feature.GRADIENTS, Feature.LENGTH_GENERALISING, Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return SeaOptions.SCHEMA;
  }

  @Override
  public Support check(AttentionSpec spec, Options options) {
    List<String> reasons = new ArrayList<>(capabilities().check(spec).reasons());
    SeaOptions chosen = SeaOptions.from(options);
    if (chosen.features(spec.headSize()) < 1) {
      reasons.add(
          "there must be at least one random feature, headSize·ln(headSize) / feature-divisor:"
              + " headSize=%d, feature-divisor=%s"
                  .formatted(spec.headSize(), chosen.featureDivisor()));
    }
    return Support.unless(reasons);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new SeaLayer(spec, SeaOptions.from(options));
  }
}
