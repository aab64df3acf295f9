package dev.saccade.api.kernel;

import dev.saccade.api.Shape;
import java.util.List;
import java.util.function.IntConsumer;
import org.osgi.annotation.versioning.ProviderType;

/** One run of a kernel. */
@ProviderType
public interface KernelCall {

  KernelArguments arguments();

  /** The inputs, which must not be written to. */
  List<Tensor> inputs();

  /**
   * The outputs. On the way forward they are to be written whole; their content before is
   * undefined. On the way back they hold what the way forward wrote.
   */
  List<Tensor> outputs();

  /** Memory for the duration of the call, of undefined content; it counts as the run's memory. */
  Tensor scratch(Shape shape);

  /**
   * Runs {@code body} for 0 … {@code tasks} − 1 on the runtime's threads and returns when all are
   * done. A plugin that brings threads of its own could not be unloaded.
   */
  void parallel(int tasks, IntConsumer body);
}
