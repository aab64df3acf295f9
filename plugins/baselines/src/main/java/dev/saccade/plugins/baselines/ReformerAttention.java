package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * Softmax attention to the keys that hash like the query.
 *
 * <p>A query gives most of its weight to the few keys that point its way. Random rotations put
 * vectors of like direction into one bucket; sorted by bucket and cut into chunks of b, each query
 * looks at its own chunk and the one before. Several rounds with other rotations make up for
 * neighbours that one round parts. Queries serve as keys, at length one, so that both hash alike;
 * the layer's own keys are not used. A query sees itself only if it sees nothing else.
 *
 * <p>Attention itself is linear: time H·n·T·4b·D for n rounds. Hashing is not, since longer
 * sequences need more buckets: H·n·T·(T/2b)·D, less up to T = 8b². Memory is linear.
 *
 * <p>Sorted in one go, later positions shift where chunks begin, and so decide which earlier ones a
 * query sees. The published code does that in decoders too; here each query is sorted among those
 * before it, unless asked otherwise. In encoders padding shifts chunks the same way, so it changes
 * results although it takes no weight.
 *
 * <p>It does not decode: longer texts use more rotations, so the buckets of what was said before,
 * and with them its contexts, change with every 2b positions that follow.
 *
 * <p>Kitaev, Kaiser, Levskaya, Reformer: The Efficient Transformer, ICLR 2020, section 2; constants
 * and padding as in reformer-pytorch 1.4.4.
 */
@Component
public final class ReformerAttention implements AttentionMechanism {

  static final Option<Integer> HASHES =
      Option.integer("hashes", 8, "rounds of hashing").between(1, 64);

  /** Seven as in SEA's comparison, where it is what SEA calls k. */
  static final Option<Integer> BUCKET =
      Option.integer("bucket", 7, "positions of one chunk; a query sees two a round")
          .between(1, 1024);

  /** As published, where every call draws its own; evaluation here keeps those of the last step. */
  static final Option<Integer> REHASH_INTERVAL =
      Option.integer("rehash-interval", 1, "training steps until new rotations are drawn")
          .between(1, 1_000_000_000);

  static final Option<Boolean> PEEKING_ORDER =
      Option.flag(
          "peeking-order",
          false,
          "with causal masks, sort positions together with later ones, as published; these then"
              + " decide whom a query sees");

  static final Option<Boolean> WITHIN_BUCKETS =
      Option.flag("within-buckets", false, "of its two chunks see the keys of the own bucket only");

  static final Option<Boolean> DIVIDE_REPEATS =
      Option.flag("divide-repeats", false, "count a key that several rounds give only once");

  static final List<Option<?>> SCHEMA =
      List.of(HASHES, BUCKET, REHASH_INTERVAL, PEEKING_ORDER, WITHIN_BUCKETS, DIVIDE_REPEATS);

  @Override
  public String name() {
    return "reformer";
  }

  @Override
  public String summary() {
    return "hash buckets of shared queries and keys (Kitaev et al. 2020)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·n·T·(4b + T/2b)·D"), Growth.linear("H·T·D"))
        .withFeatures(Feature.GRADIENTS, Feature.LENGTH_GENERALISING, Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return SCHEMA;
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return ReformerLayer.of(spec, options);
  }

  @Override
  public List<AttentionKernel> kernels() {
    return List.of(new LshKernel());
  }
}
