package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.DeviceProgram;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.Gpu;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that is tried and timed, with tensors that stay on the GPU.
 *
 * @param name in results
 * @param device what launches the kernels
 * @param attention what they must compute
 * @param passes the ways through it that there are kernels for
 * @param linear whether time and memory grow like T
 */
record Program(
    String name, DeviceProgram device, Attention attention, List<Pass> passes, boolean linear)
    implements Tried {

  static final List<Pass> FORWARD = List.of(Pass.FORWARD);
  static final List<Pass> BOTH = List.of(Pass.FORWARD, Pass.BACKWARD);

  @Override
  public List<ElementType> types() {
    return Plan.TYPES;
  }

  @Override
  public List<Integer> variants(Gpu gpu) {
    return OpenGpu.variants(gpu);
  }

  @Override
  public Support check(Sizes sizes, ElementType type, Gpu gpu) {
    return device.check(attention.request(sizes, type), gpu);
  }

  @Override
  public List<Finding> compare(Trial trial, Sizes sizes, ElementType type, OpenGpu gpu) {
    KernelRequest request = attention.request(sizes, type);
    try (Tensors tensors = new Tensors(gpu)) {
      List<DeviceTensor> inputs = new ArrayList<>();
      trial.inputs().forEach(numbers -> inputs.add(tensors.of(numbers)));
      Execution execution = new Execution(this, request, gpu, tensors, inputs);
      execution.ask(Pass.FORWARD);
      gpu.asked().await();
      List<Finding> findings = new ArrayList<>(trial.ofContext(execution.context()));
      findings.addAll(trial.ofKept(execution::kept));
      if (passes.contains(Pass.BACKWARD)) {
        execution.prepareBack(tensors.of(trial.gradient()));
        execution.ask(Pass.BACKWARD);
        gpu.asked().await();
        findings.addAll(trial.ofGradients(execution.gradients()));
      }
      return findings;
    }
  }
}
