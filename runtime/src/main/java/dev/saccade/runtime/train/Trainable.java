package dev.saccade.runtime.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What can be trained: a model together with the loss that it is to minimise.
 *
 * <p>Between calls it has no state but its parameters, and what it computes depends on them, the
 * batch, the step and the seed alone: that, and nothing else, is what makes training resumable bit
 * for bit. The trainer calls it from one thread.
 *
 * @param <B> a batch, which lives in Java's memory and needs no closing
 */
public interface Trainable<B> {

  /** Returns what is trained, always the same and in the same order. */
  List<TrainedParameter> parameters();

  /**
   * Returns by name what decides, besides its parameters, what it computes, such as the number of
   * heads. A run is resumed only with the same.
   */
  default Map<String, String> traits() {
    return Map.of();
  }

  /**
   * Is told when training has come to a step, so that what changes otherwise than by gradients can
   * change: as a function of the number alone, since training may begin at any.
   *
   * @param step how many steps were taken
   */
  default void reach(long step) {}

  /**
   * Computes the loss of a batch and its gradients.
   *
   * @param seed where everything random in this step comes from, such as dropout
   * @return borrowed arrays, valid until the next call of this object
   */
  BatchGradients step(B batch, long seed);

  /** Computes the loss of a batch as it counts for choosing the best checkpoint. */
  LossSum evaluate(B batch);

  /**
   * Writes into a checkpoint what others need to open it besides parameters, such as {@code
   * config.json}.
   *
   * @param directory of a checkpoint that is being written and becomes visible when it is whole
   */
  default void describe(Path directory) throws IOException {}
}
