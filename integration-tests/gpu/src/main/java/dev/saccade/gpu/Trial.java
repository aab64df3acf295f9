package dev.saccade.gpu;

import java.util.List;

/** One attention on random numbers. What is right is computed when it is asked for first. */
interface Trial {

  /** In the order of the request's shapes. */
  List<Numbers> inputs();

  /** The gradient that arrives at the context, {@code [B, H, T, D]}. */
  Numbers gradient();

  /**
   * Compares the context.
   *
   * @param context as the GPU computed it
   */
  List<Finding> ofContext(double[] context);

  /**
   * Compares gradients.
   *
   * @param gradients of every input, as the GPU computed them
   */
  List<Finding> ofGradients(List<double[]> gradients);
}
