package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import dev.saccade.runtime.engine.kernel.KernelOp;
import dev.saccade.runtime.engine.kernel.KernelRegistry;
import dev.saccade.runtime.engine.kernel.KernelRegistry.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * The fused operations of one installed mechanism, under ids of its own in the engine's registry:
 * the ops of a graph built from one version of a plugin never run on another's code.
 */
public final class PluginKernels {

  private final String owner;

  /** How many outputs each operation has; the kernels themselves are the registry's. */
  private final Map<String, Integer> outputs = new LinkedHashMap<>();

  private final List<Registration> registrations = new ArrayList<>();

  private PluginKernels(String owner) {
    this.owner = owner;
  }

  /**
   * Makes a mechanism's kernels available to graphs.
   *
   * @param owner unique to this installation of the mechanism, such as {@code "sea#3"}
   * @param origin as messages name it, such as a bundle's name and version
   */
  public static PluginKernels register(
      String owner, String origin, List<AttentionKernel> fastestFirst) {
    PluginKernels kernels = new PluginKernels(owner);
    Map<String, List<AttentionKernel>> ladders = new LinkedHashMap<>();
    for (AttentionKernel kernel : fastestFirst) {
      ladders.computeIfAbsent(kernel.operation(), operation -> new ArrayList<>()).add(kernel);
      kernels.outputs.putIfAbsent(kernel.operation(), kernel.outputs());
    }
    ladders.forEach(
        (operation, ladder) ->
            kernels.registrations.add(
                KernelRegistry.global()
                    .register(id(owner, operation), origin, new PluginKernel(ladder))));
    return kernels;
  }

  /** Adds an operation to the graph of the inputs. */
  List<SDVariable> addTo(
      AttentionSpec spec, String operation, KernelArguments arguments, SDVariable... inputs) {
    Integer count = outputs.get(operation);
    if (count == null) {
      throw new IllegalArgumentException(
          "%s brings no kernel for operation %s; it brings %s"
              .formatted(owner, operation, outputs.keySet()));
    }
    return List.of(
        KernelOp.add(
            null,
            id(owner, operation),
            BackwardReads.INPUTS_AND_OUTPUTS,
            count,
            PluginKernel.encode(spec.elementType(), arguments),
            inputs));
  }

  /**
   * Takes them away and frees what they keep on their devices, each as soon as it does not run.
   *
   * @return whether all runs ended within {@code patience}
   */
  public boolean retire(Duration patience) {
    boolean drained = true;
    for (Registration registration : registrations) {
      drained &= KernelRegistry.global().retire(registration, "its bundle was removed", patience);
    }
    return drained;
  }

  private static String id(String owner, String operation) {
    return owner + "/" + operation;
  }
}
