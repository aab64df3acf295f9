package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelGradientCall;

/** The scores that the estimate is the softmax of, and the way back from them. */
interface EstimatedScores {

  /** Of every row, until they are replaced by their gradients. */
  ScoreRows rows();

  /**
   * Goes back from the gradients that are in place of the {@link #rows}: writes those of the
   * parameters, and adds to those of queries, keys and values.
   */
  void goBack(KernelGradientCall call);
}
