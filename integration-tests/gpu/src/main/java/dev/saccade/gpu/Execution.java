package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.SeaProbes;
import dev.saccade.plugins.sea.SparseRows;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.List;

/** One program with all that its runs need on the GPU. What it is to write begins as NaN. */
final class Execution {

  private final Program program;
  private final KernelRequest request;
  private final OpenGpu gpu;
  private final Tensors tensors;
  private final List<DeviceTensor> inputs;
  private final List<DeviceTensor> outputs = new ArrayList<>();
  private final List<DeviceTensor> arriving = new ArrayList<>();
  private final List<DeviceTensor> leaving = new ArrayList<>();
  private final long forwardScratch;
  private long backwardScratch;

  /**
   * @param tensors what is needed besides is allocated by
   * @param inputs in the order of the request
   */
  Execution(
      Program program,
      KernelRequest request,
      OpenGpu gpu,
      Tensors tensors,
      List<DeviceTensor> inputs) {
    this.program = program;
    this.request = request;
    this.gpu = gpu;
    this.tensors = tensors;
    this.inputs = inputs;
    List<Shape> shapes = program.device().outputShapes(request);
    for (int i = 0; i < shapes.size(); i++) {
      ElementType type = i == 0 ? request.elementType() : ElementType.F32;
      outputs.add(tensors.rubbish(shapes.get(i), type));
    }
    forwardScratch = tensors.bytes(program.device().scratchBytes(request, Pass.FORWARD));
  }

  /** Bytes that a run needs: inputs, outputs, gradients and scratch. */
  static long bytes(Program program, KernelRequest request, Pass pass) {
    long inputs = 0;
    for (int i = 0; i < request.inputs().size(); i++) {
      inputs += request.inputs().get(i).elements() * inputType(request, i).bytes();
    }
    long outputs = 0;
    List<Shape> shapes = program.device().outputShapes(request);
    for (int i = 0; i < shapes.size(); i++) {
      ElementType type = i == 0 ? request.elementType() : ElementType.F32;
      outputs += shapes.get(i).elements() * type.bytes();
    }
    long scratch = program.device().scratchBytes(request, Pass.FORWARD);
    return pass == Pass.FORWARD
        ? inputs + outputs + scratch
        : 2 * (inputs + outputs) + scratch + program.device().scratchBytes(request, Pass.BACKWARD);
  }

  /** Query, key and value are of the request's type, all else is F32. */
  static ElementType inputType(KernelRequest request, int input) {
    return input < 3 ? request.elementType() : ElementType.F32;
  }

  /**
   * Makes it ready for the way back. Further outputs have gradients of nothing: programs take none
   * there.
   */
  void prepareBack(DeviceTensor gradient) {
    arriving.addAll(outputs);
    arriving.set(0, gradient);
    for (DeviceTensor input : inputs) {
      leaving.add(tensors.rubbish(input.shape(), input.elementType()));
    }
    backwardScratch = tensors.bytes(program.device().scratchBytes(request, Pass.BACKWARD));
  }

  /** Asks the stream for a run. */
  void ask(Pass pass) {
    DeviceCall call =
        pass == Pass.FORWARD
            ? forward()
            : new DeviceCall(
                request.arguments(), inputs, outputs, arriving, leaving, backwardScratch);
    program.device().run(pass, call, gpu.session(), gpu.asked());
  }

  private DeviceCall forward() {
    return DeviceCall.forward(request.arguments(), inputs, outputs, forwardScratch);
  }

  /** The keys that a run of causal SEA kept. */
  SparseRows kept() {
    return SeaProbes.of(forward(), gpu.session(), gpu.asked()).download();
  }

  double[] context() {
    return tensors.read(outputs.get(0));
  }

  List<double[]> gradients() {
    return leaving.stream().map(tensors::read).toList();
  }
}
