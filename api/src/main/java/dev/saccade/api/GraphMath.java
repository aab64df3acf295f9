package dev.saccade.api;

import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Operations whose SameDiff originals are wrong, unstable or slow in the version that the runtime
 * ships. Every one is right in value and gradient, and takes negative axes.
 *
 * <p>Use these instead of {@code sum(true, -1)} and its kin, which are silently wrong; the runtime
 * refuses a graph that holds such an operation, by its name.
 */
@ProviderType
public interface GraphMath {

  /** The sum over one axis, which stays with size 1. */
  SDVariable sum(SDVariable x, int axis);

  /** The mean over one axis, which stays with size 1. */
  SDVariable mean(SDVariable x, int axis);

  /** The greatest over one axis, which stays with size 1. */
  SDVariable max(SDVariable x, int axis);

  /** softmax over the last axis; every row sums to one. */
  SDVariable softmax(SDVariable x);

  /** The logarithm of {@link #softmax}, exact where the latter would be zero. */
  SDVariable logSoftmax(SDVariable x);

  /**
   * (x − mean)/√(variance + epsilon)·gain + bias over the last axis, with the biased variance.
   *
   * @param gain {@code [features]}
   * @param bias {@code [features]}
   */
  SDVariable layerNorm(SDVariable x, SDVariable gain, SDVariable bias, double epsilon);

  /** x·Φ(x), with the exact error function. */
  SDVariable gelu(SDVariable x);

  /** Running sums along one axis, the own element included. */
  SDVariable cumulativeSum(SDVariable x, int axis);

  /**
   * One for the {@code count} greatest along the last axis, zero elsewhere. Of equal elements the
   * ones at lower indices win. No gradient passes.
   *
   * @param count how many per row, broadcastable to {@code x} with last axis 1; a row's count above
   *     its length keeps everything
   */
  SDVariable topMask(SDVariable x, SDVariable count);

  /**
   * The entries of a matrix where another is not zero, in compressed sparse rows: what a probe
   * shows of a sparse matrix. No gradient passes.
   *
   * @param x {@code [B, H, T, S]}
   * @param kept {@code [B, H, T, S]}; if it is zero everywhere, one entry of zero is given
   */
  ProbeValue.Sparse sparse(SDVariable x, SDVariable kept);
}
