package dev.saccade.runtime.attention;

import dev.saccade.api.GraphMath;
import dev.saccade.runtime.engine.GraphOps;
import org.nd4j.autodiff.samediff.SDVariable;

/** What plugins are given of the engine's operations. */
final class EngineMath implements GraphMath {

  @Override
  public SDVariable sum(SDVariable x, int axis) {
    return GraphOps.sum(x, axis);
  }

  @Override
  public SDVariable mean(SDVariable x, int axis) {
    return GraphOps.mean(x, axis);
  }

  @Override
  public SDVariable max(SDVariable x, int axis) {
    return GraphOps.max(x, axis);
  }

  @Override
  public SDVariable softmax(SDVariable x) {
    return GraphOps.softmax(x);
  }

  @Override
  public SDVariable logSoftmax(SDVariable x) {
    return GraphOps.logSoftmax(x);
  }

  @Override
  public SDVariable layerNorm(SDVariable x, SDVariable gain, SDVariable bias, double epsilon) {
    return GraphOps.layerNorm(x, gain, bias, epsilon);
  }

  @Override
  public SDVariable gelu(SDVariable x) {
    return GraphOps.gelu(x);
  }

  @Override
  public SDVariable cumulativeSum(SDVariable x, int axis) {
    return GraphOps.cumulativeSum(x, axis);
  }

  @Override
  public SDVariable topMask(SDVariable x, SDVariable count) {
    return GraphOps.topMask(x, count);
  }
}
