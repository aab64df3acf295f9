package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The mask of one attention slot, built in the graph as far as it is read.
 *
 * <p>Remembers whether the layer read it, so that a mask which a mechanism ignores is noticed.
 */
final class GraphMask implements AttentionMask {

  /** Far below any logit, and finite even when two of them are added in float32. */
  private static final double INVISIBLE = -1e30;

  private final SameDiff graph;
  private final AttentionSpec spec;
  private final LayerSize size;
  private final @Nullable SDVariable real;
  private @Nullable SDVariable visible;
  private @Nullable SDVariable bias;
  private boolean paddingRead;

  /**
   * @param real {@code [B, S]}, one for a real position and zero for padding; present exactly if
   *     the spec's masking is padded
   */
  GraphMask(SameDiff graph, AttentionSpec spec, LayerSize size, @Nullable SDVariable real) {
    if (spec.masking().padded() != (real != null)) {
      throw new IllegalArgumentException(
          "masking %s %s a padding mask"
              .formatted(spec.masking(), spec.masking().padded() ? "needs" : "has no use for"));
    }
    this.graph = graph;
    this.spec = spec;
    this.size = size;
    this.real = real;
  }

  /** Whether the keys that are padding, if there may be any, were looked at. */
  boolean wasHonoured() {
    return paddingRead || real == null;
  }

  @Override
  public Masking masking() {
    return spec.masking();
  }

  @Override
  public SDVariable visible() {
    paddingRead = true;
    if (visible == null) {
      visible = buildVisible();
    }
    return visible;
  }

  @Override
  public SDVariable bias() {
    if (bias == null) {
      bias = visible().rsub(1.0).mul(INVISIBLE);
    }
    return bias;
  }

  @Override
  public Optional<SDVariable> keys() {
    paddingRead = true;
    return Optional.ofNullable(real);
  }

  /**
   * In self attention a query is real where the key at its position is. Other queries come without
   * a mask, and all of them count as real. Knowing the queries does not hide a key, so it is not
   * yet honouring the mask.
   */
  @Override
  public Optional<SDVariable> queries() {
    if (real == null) {
      return Optional.empty();
    }
    return Optional.of(
        spec.source() == Source.SELF && size.queries() == size.keys()
            ? real
            : graph.constant(Nd4j.ones(type(), size.batch(), size.queries())));
  }

  private SDVariable buildVisible() {
    SDVariable padding =
        real == null ? null : graph.reshape(real, size.batch(), 1, 1, size.keys()); // [B, 1, 1, S]
    SDVariable past = spec.masking().causal() ? graph.constant(lowerTriangle()) : null;
    if (padding != null && past != null) {
      return padding.mul(past); // [B, 1, T, S]
    }
    if (padding != null) {
      return padding;
    }
    return past != null ? past : graph.constant(Nd4j.ones(type(), 1, 1, 1, size.keys()));
  }

  /** {@code [1, 1, T, S]}; one where the key is not after the query. */
  private INDArray lowerTriangle() {
    int queries = Math.toIntExact(size.queries());
    int keys = Math.toIntExact(size.keys());
    double[] ones = new double[Math.multiplyExact(queries, keys)];
    for (int t = 0; t < queries; t++) {
      for (int s = 0; s <= Math.min(t, keys - 1); s++) {
        ones[t * keys + s] = 1;
      }
    }
    return Nd4j.create(ones, new long[] {1, 1, queries, keys}, type());
  }

  private DataType type() {
    return ElementTypes.nd4j(spec.elementType());
  }
}
