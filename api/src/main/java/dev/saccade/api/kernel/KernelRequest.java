package dev.saccade.api.kernel;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import java.util.Collections;
import java.util.List;

/**
 * What a kernel is asked to run, before it runs.
 *
 * @param inputs the inputs' shapes, in the operation's order
 * @param inputTypes how each input is stored
 * @param elementType of the first input and of the outputs
 */
public record KernelRequest(
    List<Shape> inputs,
    List<ElementType> inputTypes,
    ElementType elementType,
    KernelArguments arguments) {

  public KernelRequest {
    inputs = List.copyOf(inputs);
    inputTypes = List.copyOf(inputTypes);
    if (inputTypes.size() != inputs.size()) {
      throw new IllegalArgumentException(
          "every input must have a type, but the inputs are %s and the types %s"
              .formatted(inputs, inputTypes));
    }
  }

  /** All inputs and outputs are of one type. */
  public KernelRequest(List<Shape> inputs, ElementType elementType, KernelArguments arguments) {
    this(inputs, Collections.nCopies(inputs.size(), elementType), elementType, arguments);
  }
}
