package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Support;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * Softmax attention to the own bucket of b positions and to the one or two others that match it
 * best.
 *
 * <p>Buckets are summed up by their mean query and mean key; softmax over the products says how
 * well two match. The best match's keys and values are taken, times its softmax weight: that weight
 * is how the choice learns, since choosing has no gradient. The authors balance the matches by
 * Sinkhorn's iteration, so that every bucket is chosen once. SEA's comparison, and with it this
 * class, leaves that out: buckets may be chosen often or never.
 *
 * <p>In decoders a bucket chooses among those before it and two learned empty ones, and is summed
 * up by running means that end at its first query. The second half of the heads cuts buckets b − 1
 * positions later, so that a position that is first in one half is last in the other.
 *
 * <p>It does not decode: a bucket sees no more others than there are in all, so the contexts of the
 * first bucket change when the text goes on into another.
 *
 * <p>Time H·T·(b + T/b)·D: taking buckets is a product with a matrix of one nonzero a row.
 *
 * <p>Tay et al., Sparse Sinkhorn Attention, ICML 2020; as sinkhorn-transformer 0.11.4 computes it
 * with {@code non_permutative=True}.
 */
@Component
public final class SinkhornAttention implements AttentionMechanism {

  /** Seven as in SEA's comparison, where it is what SEA calls k. */
  static final Option<Integer> BUCKET =
      Option.integer("bucket", 7, "positions of one bucket").between(2, 1024);

  static final Option<Integer> TOP_BUCKETS =
      Option.integer(
              "top-buckets",
              0,
              "buckets seen besides the own; 0 is as published, 1 in encoders and 2 in decoders")
          .between(0, 64);

  static final Option<Boolean> KEYS_AS_VALUES =
      Option.flag(
          "keys-as-values",
          false,
          "in encoders, mix the keys of other buckets for their values, as the published code does"
              + " by mistake");

  @Override
  public String name() {
    return "sinkhorn";
  }

  @Override
  public String summary() {
    return "own bucket and the best matching others, without balancing (Tay et al. 2020)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(
            Growth.quadratic("H·T·(b + T/b)·D"), Growth.quadratic("H·(T·(b + D) + T²/b²)"))
        .withFeatures(Feature.GRADIENTS, Feature.LENGTH_GENERALISING, Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(BUCKET, TOP_BUCKETS, KEYS_AS_VALUES);
  }

  @Override
  public Support check(AttentionSpec spec, Options options) {
    Support mistake =
        spec.masking().causal() && options.get(KEYS_AS_VALUES)
            ? Support.no(
                "keys-as-values repeats a mistake that the published code makes in encoders only,"
                    + " but masking is "
                    + spec.masking())
            : Support.yes();
    return capabilities().check(spec).and(mistake);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    int published = spec.masking().causal() ? 2 : 1;
    int top = options.get(TOP_BUCKETS);
    return new SinkhornLayer(
        spec, options.get(BUCKET), top == 0 ? published : top, options.get(KEYS_AS_VALUES));
  }
}
