package dev.saccade.api.kernel;

import dev.saccade.api.Shape;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
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
   * Java's memory for the duration of the call, of undefined content; it counts as the run's
   * memory. May be called from the tasks of {@link #parallel}.
   */
  float[] floats(int length);

  /**
   * The arithmetic that this kernel was chosen for.
   *
   * @throws IllegalStateException if it is not there; see {@link Device#check(Arithmetic)}
   */
  BlockMath math(Arithmetic arithmetic);

  /**
   * Ends the call by an exception if the thread that asked for it was interrupted. Between tasks
   * that is looked after; tasks that take longer than a block or two call it once a block.
   */
  void stopIfInterrupted();

  /**
   * Runs {@code body} for 0 … {@code tasks} − 1 on the runtime's threads and returns when all are
   * done. A plugin that brings threads of its own could not be unloaded.
   */
  void parallel(int tasks, IntConsumer body);

  /**
   * As {@link #parallel(int, IntConsumer)}, with something of its own for every thread that takes
   * part, such as blocks to work in. It must not carry results from task to task: which tasks share
   * one is chance.
   *
   * @param worker called once a thread
   */
  <W> void parallel(int tasks, Supplier<W> worker, ObjIntConsumer<W> body);
}
