package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/** Exponential features of keys, shifted by the greatest ω·x of all real keys of the head. */
final class ShiftedKeyFeatures extends ExponentialFeatures {

  private final MixingCall call;
  private final KeyChunk chunk;
  private final float[] maxima = new float[MixingCall.CHUNK];
  private float greatest;
  private int strongestKey;
  private int strongestFeature;
  private double shiftGradient;

  ShiftedKeyFeatures(MixingCall call, Projection projection, KeyChunk chunk) {
    super(call.room(), projection);
    this.call = call;
    this.chunk = chunk;
  }

  @Override
  public void begin(int head) {
    greatest = Float.NEGATIVE_INFINITY;
    shiftGradient = 0;
    int positions = call.size().keys();
    for (int from = 0; from < positions; from += MixingCall.CHUNK) {
      chunk.load(head, Span.from(from, MixingCall.CHUNK, positions));
      Block projected = project(chunk.keys());
      Arrays.fill(maxima, Float.NEGATIVE_INFINITY);
      call.math().rowMaxima(projected.columns(0, projection.features()), maxima);
      for (int row = 0; row < projected.rows(); row++) {
        if (chunk.isReal(row) && maxima[row] > greatest) {
          greatest = maxima[row];
          strongestKey = from + row;
          strongestFeature = strongest(row);
        }
      }
    }
    if (greatest == Float.NEGATIVE_INFINITY) {
      greatest = 0; // there is no real key
    }
  }

  @Override
  float shift(float ofPosition) {
    return greatest;
  }

  @Override
  void backToShift(float gradient, float[] gradients, int start, int strongest) {
    shiftGradient += gradient;
  }

  /** The greatest is ω·x of one key and one ω. */
  @Override
  public void finish(int head, Tensor keyGradient) {
    int headSize = call.size().headSize();
    long row = ((long) head * call.size().keys() + strongestKey) * headSize;
    float[] gradient = new float[headSize];
    keyGradient.read(row, gradient, 0, headSize);
    Block direction = projection.directions().rows(strongestFeature, strongestFeature + 1);
    for (int d = 0; d < headSize; d++) {
      gradient[d] +=
          (float) (shiftGradient * projection.scale() * direction.data()[direction.at(0, d)]);
    }
    keyGradient.write(row, gradient, 0, headSize);
  }
}
