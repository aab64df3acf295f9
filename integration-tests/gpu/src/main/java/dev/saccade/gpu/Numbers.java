package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import java.util.random.RandomGenerator;

/**
 * A tensor in host memory: in double precision, but nothing that its element type could not hold.
 *
 * @param values row-major
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Numbers(Shape shape, ElementType type, double[] values) {

  Numbers {
    for (int i = 0; i < values.length; i++) {
      values[i] = Stored.rounded(values[i], type);
    }
  }

  static Numbers gaussian(RandomGenerator random, Shape shape, ElementType type) {
    double[] values = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return new Numbers(shape, type, values);
  }
}
