package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.plugins.sea.cuda.Gpu;
import java.util.List;

/** What is compared with a reference: kernels, in the way in which somebody runs them. */
interface Tried {

  /** In results. */
  String name();

  /** What must come out. */
  Attention attention();

  /** In which numbers may be stored. */
  List<ElementType> types();

  /** Which PTX can be loaded, 75 for compute_75; the best last. */
  List<Integer> variants(Gpu gpu);

  /** Says whether it can compute that and, if not, every reason. */
  Support check(Sizes sizes, ElementType type, Gpu gpu);

  /**
   * Computes, and compares.
   *
   * @param gpu with the PTX that is asked for
   * @throws IllegalStateException if the GPU fails
   */
  List<Finding> compare(Trial trial, Sizes sizes, ElementType type, OpenGpu gpu);
}
