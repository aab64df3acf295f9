package dev.saccade.api.decode;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.Tensor;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.osgi.annotation.versioning.ProviderType;

/** The next n positions of every sequence. */
@ProviderType
public interface DecodingStep {

  /** {@code [B, H, n, D]}, not yet scaled. */
  Tensor query();

  /** {@code [B, K, n, D]}. */
  Tensor key();

  /** {@code [B, K, n, D]}. */
  Tensor value();

  /** {@code [B, n]}, zero where a shorter prompt is padded. Empty when nothing is. */
  Optional<Tensor> visible();

  /** {@code [B, H, n, D]}, to be written whole. */
  Tensor context();

  /**
   * The arithmetic for blocks.
   *
   * @throws IllegalStateException if it is not there; see {@link DecodingSetup#check}
   */
  BlockMath math(Arithmetic arithmetic);

  /** Runs {@code body} for 0 … {@code tasks} − 1 on the runtime's threads. */
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
