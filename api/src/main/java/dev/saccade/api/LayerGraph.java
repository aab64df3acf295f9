package dev.saccade.api;

import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.option.Option;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The graph of a model at the place where one attention layer adds itself.
 *
 * <p>A graph is built for one batch size and one length, so all sizes are known while it is built.
 * Valid during {@link AttentionLayer#attend}, and while a {@linkplain
 * dev.saccade.api.distill.DistillationObjective distillation objective} that came out of it adds
 * its terms.
 */
@ProviderType
public interface LayerGraph {

  /** The graph that owns the inputs. */
  SameDiff sameDiff();

  AttentionSpec spec();

  /** B, the sequences in the batch. */
  long batch();

  /** T, the query positions. */
  long queries();

  /** S, the key positions. */
  long keys();

  /** The right, stable and fast versions of common operations. */
  GraphMath math();

  /**
   * A parameter of this layer.
   *
   * @throws IllegalArgumentException if the layer does not declare it; the message lists those it
   *     declares
   */
  SDVariable parameter(String name);

  /** A constant of the spec's element type. */
  SDVariable constant(double value);

  /**
   * The present value of a live option as a scalar of the spec's element type: it can be changed on
   * a built model without a new graph.
   *
   * @throws IllegalArgumentException if the option is not {@linkplain Option#live() live}
   */
  SDVariable option(Option<? extends Number> option);

  /**
   * Adds a fused operation of this mechanism. The graph keeps its name and arguments only; which of
   * the mechanism's {@linkplain AttentionMechanism#kernels kernels} runs is decided on every run.
   *
   * @param operation {@link dev.saccade.api.kernel.AttentionKernel#operation}
   * @return its outputs, in the kernel's order
   */
  List<SDVariable> kernel(String operation, KernelArguments arguments, SDVariable... inputs);

  /** Whether this run should compute {@code probe}. */
  boolean wants(Probe probe);

  /** Whether the graph will be trained, so that a mechanism may add noise or dropout. */
  boolean training();
}
