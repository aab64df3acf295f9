package dev.saccade.api.kernel;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** One run of a kernel's gradient. */
@ProviderType
public interface KernelGradientCall extends KernelCall {

  /** The gradients that arrive at the outputs, one an output. */
  List<Tensor> outputGradients();

  /** The gradients to be written whole, one an input; their content before is undefined. */
  List<Tensor> inputGradients();
}
