package dev.saccade.runtime.model;

import dev.saccade.api.Parameter;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Numbers of a model that training may change.
 *
 * @param name a weight's name as {@link dev.saccade.runtime.weights} has it, or one of a mechanism
 *     with its slot's prefix, such as {@code "layer.3.sea.encoder.weight"}
 * @param value the very array that graphs read; to be changed in place, between two runs
 * @param update how training changes it; pretrained weights follow their gradient at the run's
 *     learning rate
 * @param origin who brought it
 */
public record LearnedParameter(
    String name, INDArray value, Parameter.Update update, Origin origin) {

  /** Who brought a parameter. */
  public enum Origin {
    /** The model itself. */
    MODEL,
    /** The mechanism in a slot. */
    MECHANISM
  }

  /** Whether it follows a gradient. */
  public boolean isTrained() {
    return update instanceof Parameter.Trained;
  }

  /** What the run's learning rate is multiplied by; zero if it does not follow a gradient. */
  public double learningRateScale() {
    return update instanceof Parameter.Trained trained ? trained.learningRateScale() : 0;
  }
}
