package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;

/** φ(x) = relu(ω·x) + {@value #EPSILON}, for x scaled by ∜(1/D). */
final class RectifiedFeatures implements BlockFeatures {

  private static final float EPSILON = 1e-3f;

  private final FeatureRoom room;
  private final Projection projection;
  private final Block scaled; // [C, D]
  private final Block all; // [C, F]
  private Block features;

  RectifiedFeatures(FeatureRoom room, Projection projection) {
    this.room = room;
    this.projection = projection;
    this.scaled = room.block(room.headSize());
    this.all = room.block(room.width());
    this.features = all;
  }

  @Override
  public Block of(int sequence, Span span, Block x) {
    features = all.rows(0, x.rows());
    Block entering = scaled.rows(0, x.rows());
    projection.scale(x, entering);
    room.math().product(entering, projection.transposed(), features);
    float[] numbers = features.data();
    for (int i = 0; i < features.rows() * features.columns(); i++) {
      numbers[i] = Math.max(numbers[i], 0) + EPSILON;
    }
    projection.blankRest(features);
    return features;
  }

  @Override
  public void back(Block ofFeatures, Block into) {
    float[] gradients = ofFeatures.data();
    for (int i = 0; i < features.rows() * features.columns(); i++) {
      gradients[i] = features.data()[i] > EPSILON ? gradients[i] : 0;
    }
    room.math().product(ofFeatures, projection.directions(), into);
    projection.scale(into, into);
  }
}
