package dev.saccade.runtime.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The loss of a batch and where to go to lessen it.
 *
 * @param terms what the loss is the sum of, weighted as it counts, by name; means over positions
 * @param gradients of the loss, one for each parameter in the order of {@link
 *     Trainable#parameters}; float32, of any strides; borrowed
 * @param positions how many positions the batch taught, by which batches of one step are weighted
 * @param peakBytes the most memory that the computation took at once
 */
public record BatchGradients(
    Map<String, Double> terms, List<INDArray> gradients, long positions, long peakBytes) {

  public BatchGradients {
    terms = Collections.unmodifiableMap(new LinkedHashMap<>(terms));
    gradients = List.copyOf(gradients);
  }
}
