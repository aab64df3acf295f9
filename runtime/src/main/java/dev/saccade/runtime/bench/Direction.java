package dev.saccade.runtime.bench;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What is timed. */
public enum Direction {
  /** A whole sequence at once. */
  FORWARD("forward"),
  /** Forward, and the gradients of inputs and trained parameters. */
  TRAINING("forward+backward"),
  /** Forward, every term of the mechanism's own distillation objective, and their gradients. */
  DISTILLATION("distillation"),
  /** One more position after all those before it. */
  DECODE("decode");

  private final String label;

  Direction(String label) {
    this.label = label;
  }

  /** As users write it and reports show it. */
  @JsonValue
  public String label() {
    return label;
  }

  /**
   * Returns the direction of a label.
   *
   * @throws SaccadeException listing the labels if there is none
   */
  public static Direction of(String label) {
    return Arrays.stream(values())
        .filter(each -> each.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new SaccadeException(
                    "there is no direction %s; there are %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(Direction::label)
                                .collect(Collectors.joining(", ")))));
  }
}
