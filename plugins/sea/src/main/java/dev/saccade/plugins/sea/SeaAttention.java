package dev.saccade.plugins.sea;

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
import dev.saccade.plugins.sea.cuda.SharedGpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Component;

/**
 * Estimates the attention matrix in linear time, keeps its greatest entries as a sparse mask, and
 * attends exactly inside the mask.
 *
 * <p>{@link SeaSteps} is the recipe: the definition, composed of ordinary graph operations. It
 * multiplies out whole matrices of scores and masks, so it takes the quadratic time and memory that
 * the method avoids. {@link SeaKernel} computes the same in linear time and memory, forward and
 * backward, in float32, and {@link SeaOnGpu} forward on a GPU; the recipe computes where they
 * cannot, and where somebody wants to see a matrix.
 *
 * <p>With a causal mask it is the authors' decoder: its positions are learned, so it ends where the
 * model does.
 *
 * <p>Not padding invariant, as published: padding enters the features' normaliser, the convolutions
 * and the mean over queries, so a sequence gives another result in a longer batch.
 *
 * <p>Lee, Kim, Willette, Hwang: SEA: Sparse Linear Attention with Estimated Attention Mask, ICLR
 * 2024.
 */
@Component
public final class SeaAttention implements AttentionMechanism {

  /** For all layers that decode on it. */
  private final SharedGpu decodingGpu = new SharedGpu();

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
            Growth.linear("H·T·(H·M + D² + k·D) by its kernels; H·T²·(M + D) as a recipe"),
            Growth.linear("H·T·(D + M/32) by its kernels; H·T² as a recipe"))
        .withFeatures(
            Feature.GRADIENTS,
            Feature.INCREMENTAL,
            Feature.LENGTH_GENERALISING,
            Feature.DETERMINISTIC,
            Feature.OWN_OBJECTIVE);
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
    if (spec.masking().causal()) {
      addCausal(reasons, chosen);
    } else if (chosen.deeper()) {
      reasons.add(
          "option deeper adds a convolution to causal attention only: masking=" + spec.masking());
    }
    return Support.unless(reasons);
  }

  private static void addCausal(List<String> reasons, SeaOptions chosen) {
    if (chosen.grouping() == Grouping.HEAD || chosen.grouping() == Grouping.BATCH) {
      reasons.add(
          "in causal attention no later query may compete for a place, so grouping must be query"
              + " or causal-batch but is "
              + chosen.grouping().name().toLowerCase(Locale.ROOT));
    }
    if (chosen.width() < PaintedPast.WIDENING) {
      reasons.add(
          "in causal attention every painted column is widened to %d, so width must be at least that but is %d"
              .formatted(PaintedPast.WIDENING, chosen.width()));
    }
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new SeaLayer(spec, SeaOptions.from(options), decodingGpu);
  }

  @Override
  public List<AttentionKernel> kernels() {
    return Stream.<List<AttentionKernel>>of(
            List.of(new SeaOnGpu()), SeaKernel.fastestFirst(), DistillationKernel.fastestFirst())
        .flatMap(List::stream)
        .toList();
  }
}
