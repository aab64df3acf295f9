package dev.saccade.api.kernel;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import java.util.List;

/**
 * What a kernel is asked to run, before it runs.
 *
 * @param inputs the inputs' shapes, in the operation's order
 * @param elementType of inputs and outputs
 */
public record KernelRequest(
    List<Shape> inputs, ElementType elementType, KernelArguments arguments) {

  public KernelRequest {
    inputs = List.copyOf(inputs);
  }
}
