package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;

/** φ(x) = elu(x) + 1, which is x + 1 above zero and eˣ below. */
final class EluFeatures implements BlockFeatures {

  private final MixingCall call;
  private final Block all; // [C, D]
  private Block features;

  EluFeatures(MixingCall call) {
    this.call = call;
    this.all = call.block(MixingCall.CHUNK, call.size().headSize());
    this.features = all;
  }

  @Override
  public Block of(int sequence, Span span, Block x) {
    features = all.rows(0, x.rows());
    float[] from = x.data();
    float[] into = features.data();
    int count = x.rows() * x.columns();
    for (int i = 0; i < count; i++) {
      into[i] = Math.min(from[x.offset() + i], 0);
    }
    call.math().exp(features);
    for (int i = 0; i < count; i++) {
      into[i] += Math.max(from[x.offset() + i], 0);
    }
    return features;
  }

  /** φ′ is one above zero, where φ is above one, and φ below. */
  @Override
  public void back(Block ofFeatures, Block into) {
    int count = features.rows() * features.columns();
    for (int i = 0; i < count; i++) {
      into.data()[i] = ofFeatures.data()[i] * Math.min(features.data()[i], 1);
    }
  }
}
