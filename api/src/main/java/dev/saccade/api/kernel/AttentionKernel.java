package dev.saccade.api.kernel;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A fused operation with forward and backward on raw memory.
 *
 * <p>Several kernels may serve one operation on several devices; all of them give the same results
 * up to rounding. A plain one that always says yes on the CPU stands last.
 *
 * <p>Stateless and safe for use by many threads. A kernel for a device keeps what it loaded there
 * until {@link #close}, which the runtime calls when the bundle leaves and no call is in flight.
 */
@ConsumerType
public interface AttentionKernel extends AutoCloseable {

  /** Returns what it computes, by the name that graphs hold, such as {@code "sea"}. */
  String operation();

  /** Returns what it is called among the kernels of its operation, such as {@code "simd"}. */
  String name();

  /** Returns how many outputs the operation has; kernels of one operation agree. */
  int outputs();

  /** Says whether it can run {@code request} on {@code device} and, if not, every reason. */
  Support check(KernelRequest request, Device device);

  /**
   * Returns the outputs' shapes; kernels of one operation agree. Checks the inputs' shapes.
   *
   * @throws IllegalArgumentException if the inputs do not fit together
   */
  List<Shape> outputShapes(KernelRequest request);

  /** Computes the outputs from the inputs. */
  void forward(KernelCall call);

  /** Computes the gradients of the inputs from those of the outputs. */
  void backward(KernelGradientCall call);

  /** Frees what the kernel keeps on its device. */
  @Override
  default void close() {}
}
