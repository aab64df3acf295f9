package dev.saccade.runtime.bench;

import dev.saccade.api.Parameter;
import dev.saccade.runtime.attention.AttentionSlot;
import java.util.List;

/** One layer with its inputs, ready to be run again and again in one direction. */
interface Workload extends AutoCloseable {

  /**
   * Runs once.
   *
   * @return the most bytes that were held at once
   */
  long run();

  /** How often it can still run. */
  default int runsLeft() {
    return Integer.MAX_VALUE;
  }

  /** Runs once and returns everything that came of it, one number after the other. */
  double[] results();

  @Override
  void close();

  /** Builds the layer for a sequence of this length, with inputs drawn from the seed. */
  static Workload of(Direction direction, AttentionSlot slot, int length, long seed) {
    return switch (direction) {
      case FORWARD -> new ForwardWorkload(slot, length, seed);
      case TRAINING -> new TrainingWorkload(slot, length, seed);
      case DISTILLATION -> new DistillationWorkload(slot, length, seed);
      case DECODE -> new DecodeWorkload(slot, length, seed);
    };
  }

  /** The full names of the parameters that follow their gradients. */
  static List<String> trained(AttentionSlot slot) {
    return slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(parameter -> slot.prefix() + "." + parameter.name())
        .toList();
  }
}
