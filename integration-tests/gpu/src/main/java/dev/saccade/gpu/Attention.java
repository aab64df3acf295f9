package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.List;
import java.util.random.RandomGenerator;

/** What programs compute: the inputs it has, the results that are right, and what it must cost. */
interface Attention {

  /** Whether there is such an attention of that size, and a reference for it. */
  boolean takes(Sizes sizes);

  /** What it is timed with. */
  Masking timed();

  /** What a program is asked to run. */
  KernelRequest request(Sizes sizes, ElementType type);

  /** Fresh random numbers, and what must be computed from them. */
  Trial trial(Sizes sizes, ElementType type, RandomGenerator random);

  /** Inputs behind query, key and value, in F32, that timings are made with. */
  List<Numbers> others(Sizes sizes, RandomGenerator random);

  /** The floors of all stages. */
  List<Floor> floors(Sizes sizes, ElementType type, Pass pass);

  /**
   * A parameter's first values with some noise, for some begin as all zeros or ones, which ties.
   */
  static Numbers noisy(Parameter parameter, RandomGenerator random) {
    double[] values = parameter.initializer().values(parameter.shape(), random);
    for (int i = 0; i < values.length; i++) {
      values[i] += 0.1 * random.nextGaussian();
    }
    return new Numbers(parameter.shape(), ElementType.F32, values);
  }
}
