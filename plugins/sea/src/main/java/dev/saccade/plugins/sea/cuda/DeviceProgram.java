package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelRequest;
import java.util.List;

/**
 * An operation as launches of kernels on device addresses: what {@link CudaKernel} runs for graphs
 * in host memory, and embedders who keep their tensors on a GPU run by themselves.
 *
 * <p>Stateless and safe for use by many threads. The two ways through it only ask the stream for
 * work and wait for nothing: no copies to the host between the stages of a layer.
 */
public interface DeviceProgram {

  /** As in {@link AttentionKernel#operation}. */
  String operation();

  /** As in {@link AttentionKernel#outputs}. */
  int outputs();

  /** Says whether it can run a request on a GPU and, if not, every reason. */
  Support check(KernelRequest request, Gpu gpu);

  /** As in {@link AttentionKernel#outputShapes}. */
  List<Shape> outputShapes(KernelRequest request);

  /** How an output is stored: as the first input, unless a program says otherwise. */
  default ElementType outputType(KernelRequest request, int output) {
    return request.elementType();
  }

  /** How much memory it needs besides inputs, outputs and gradients, in bytes. */
  long scratchBytes(KernelRequest request, Pass pass);

  /**
   * Asks for the work of one call.
   *
   * @param session whose kernels are used, and not its arena; it must be entered
   * @param stream where the work is asked for
   */
  void run(Pass pass, DeviceCall call, GpuSession session, GpuStream stream);
}
