package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;

/** φ(x) = elu(x) + 1, which is x + 1 above zero and eˣ below. */
final class EluFeatures implements BlockFeatures {

  private final FeatureRoom room;
  private final Block all; // [C, D]
  private Block features;

  EluFeatures(FeatureRoom room) {
    this.room = room;
    this.all = room.block(room.headSize());
    this.features = all;
  }

  @Override
  public Block of(int sequence, Span span, Block x) {
    features = all.rows(0, x.rows());
    int count = x.rows() * x.columns();
    negative(x.data(), x.offset(), count, all.data());
    room.math().exp(features);
    addPositive(x.data(), x.offset(), count, all.data());
    return features;
  }

  /** φ′ is one above zero, where φ is above one, and φ below. */
  @Override
  public void back(Block ofFeatures, Block into) {
    int count = features.rows() * features.columns();
    slope(all.data(), count, into.data());
    multiply(ofFeatures.data(), count, into.data());
  }

  // Loops over bare arrays: the JIT turns them into vector instructions.

  private static void negative(float[] x, int offset, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = Math.min(x[offset + i], 0);
    }
  }

  private static void addPositive(float[] x, int offset, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] += Math.max(x[offset + i], 0);
    }
  }

  private static void slope(float[] features, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = Math.min(features[i], 1);
    }
  }

  private static void multiply(float[] factors, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] *= factors[i];
    }
  }
}
