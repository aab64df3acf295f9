package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.plugins.baselines.fused.BlockFeatures.Kind;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Kernelised attention with a causal mask, as it is decoded: what {@link FusedMixing} is to a
 * graph. Immutable.
 */
public final class MixingLayer {

  private final Mixing mixing;
  private final int headSize;
  private final int width;
  private final @Nullable Projection projection;
  private final IntToDoubleFunction angleOfPlace;

  private MixingLayer(
      Mixing mixing,
      int headSize,
      int features,
      @Nullable Tensor projection,
      IntToDoubleFunction angleOfPlace) {
    this.mixing = mixing;
    this.headSize = headSize;
    this.width = Mixing.width(mixing.kind(), features);
    this.projection = projection == null ? null : Projection.of(float[]::new, width, projection);
    this.angleOfPlace = angleOfPlace;
  }

  /** As {@link FusedMixing#elu}, {@link FusedMixing#adding} something. */
  public static MixingLayer elu(int headSize, double added) {
    Mixing mixing = new Mixing(Kind.ELU, true, false, (float) added, 0, 0);
    return new MixingLayer(mixing, headSize, headSize, null, place -> 0);
  }

  /**
   * As {@link FusedMixing#rectified}, {@link FusedMixing#addingToFeatures} something.
   *
   * @param projection {@code [F, D]}
   */
  public static MixingLayer rectified(Tensor projection, double perFeature) {
    return projected(Kind.RECTIFIED, projection, perFeature);
  }

  /** As {@link FusedMixing#exponential}, {@link FusedMixing#addingToFeatures} something. */
  public static MixingLayer exponential(Tensor projection, double perFeature) {
    return projected(Kind.EXPONENTIAL, projection, perFeature);
  }

  private static MixingLayer projected(Kind kind, Tensor projection, double perFeature) {
    int features = Math.toIntExact(projection.shape().axis(0));
    int headSize = Math.toIntExact(projection.shape().axis(1));
    Mixing mixing = new Mixing(kind, true, false, 0, (float) perFeature, 0);
    return new MixingLayer(mixing, headSize, features, projection, place -> 0);
  }

  /**
   * As {@link FusedMixing#turned}, {@link FusedMixing#atLeast} something.
   *
   * @param angleOfPlace by how many positions are real so far
   */
  public static MixingLayer turned(int headSize, IntToDoubleFunction angleOfPlace, double least) {
    Mixing mixing = new Mixing(Kind.TURNED, true, false, 0, 0, (float) least);
    return new MixingLayer(mixing, headSize, 2 * headSize, null, angleOfPlace);
  }

  /** Before the first position of a head. */
  public RunningMixing begin() {
    return new RunningMixing(this);
  }

  Mixing mixing() {
    return mixing;
  }

  int headSize() {
    return headSize;
  }

  int width() {
    return width;
  }

  /** Returns room for so many positions. */
  FeatureRoom room(BlockMath math, int positions) {
    return new FeatureRoom(math, positions, headSize, width, float[]::new);
  }

  /** Returns the features of queries. */
  Block ofQueries(FeatureRoom room, Block queries, int[] places) {
    return features(room, true, places).of(0, new Span(0, queries.rows()), queries);
  }

  /** Returns the features of keys. */
  Block ofKeys(FeatureRoom room, Block keys, int[] places) {
    return features(room, false, places).of(0, new Span(0, keys.rows()), keys);
  }

  private BlockFeatures features(FeatureRoom room, boolean ofQueries, int[] places) {
    return switch (mixing.kind()) {
      case ELU -> new EluFeatures(room);
      case RECTIFIED -> new RectifiedFeatures(room, Objects.requireNonNull(projection));
      case EXPONENTIAL ->
          ofQueries
              ? new ExponentialFeatures.OfQueries(room, Objects.requireNonNull(projection))
              : new ExponentialFeatures.OfKeys(room, Objects.requireNonNull(projection));
      case TURNED -> new TurnedFeatures(room, TurnedFeatures.Angles.of(places, angleOfPlace));
    };
  }
}
