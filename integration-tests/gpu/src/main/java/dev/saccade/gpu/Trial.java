package dev.saccade.gpu;

import dev.saccade.plugins.sea.SparseRows;
import java.util.List;
import java.util.function.Supplier;

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
   * Compares the keys that were kept, and their weights, where kernels show them.
   *
   * @param kept finds out, on the GPU; not asked where they do not
   */
  List<Finding> ofKept(Supplier<SparseRows> kept);

  /**
   * Compares gradients.
   *
   * @param gradients of every input, as the GPU computed them
   */
  List<Finding> ofGradients(List<double[]> gradients);
}
