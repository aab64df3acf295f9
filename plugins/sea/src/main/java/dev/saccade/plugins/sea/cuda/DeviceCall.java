package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.kernel.KernelArguments;
import java.util.List;

/**
 * One run of a {@link DeviceProgram}, with everything on the GPU.
 *
 * @param inputs not to be written to
 * @param outputs to be written whole on the way forward; what that wrote, on the way back
 * @param outputGradients one an output; none on the way forward
 * @param inputGradients to be written whole, one an input; none on the way forward
 * @param scratch address of as many bytes as the program asked for, of undefined content
 */
public record DeviceCall(
    KernelArguments arguments,
    List<DeviceTensor> inputs,
    List<DeviceTensor> outputs,
    List<DeviceTensor> outputGradients,
    List<DeviceTensor> inputGradients,
    long scratch) {

  public DeviceCall {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    outputGradients = List.copyOf(outputGradients);
    inputGradients = List.copyOf(inputGradients);
  }

  /** A way forward. */
  public static DeviceCall forward(
      KernelArguments arguments,
      List<DeviceTensor> inputs,
      List<DeviceTensor> outputs,
      long scratch) {
    return new DeviceCall(arguments, inputs, outputs, List.of(), List.of(), scratch);
  }
}
