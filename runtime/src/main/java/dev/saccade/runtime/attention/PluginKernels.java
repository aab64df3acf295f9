package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import dev.saccade.runtime.engine.kernel.KernelOp;
import dev.saccade.runtime.engine.kernel.KernelRegistry;
import dev.saccade.runtime.engine.kernel.KernelRegistry.Registration;
import dev.saccade.runtime.report.KernelUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * The fused operations of one installed mechanism, under ids of its own in the engine's registry:
 * the ops of a graph built from one version of a plugin never run on another's code.
 */
public final class PluginKernels {

  private final String owner;

  private static final System.Logger LOG = System.getLogger(PluginKernels.class.getName());

  private final Map<String, Decision> decisions = new ConcurrentHashMap<>();
  private final Map<String, KernelLadder> ladders = new LinkedHashMap<>();

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
    Map<String, List<AttentionKernel>> byOperation = new LinkedHashMap<>();
    for (AttentionKernel kernel : fastestFirst) {
      byOperation.computeIfAbsent(kernel.operation(), operation -> new ArrayList<>()).add(kernel);
    }
    byOperation.forEach(
        (operation, those) -> {
          KernelLadder ladder = new KernelLadder(operation, those);
          kernels.ladders.put(operation, ladder);
          kernels.registrations.add(
              KernelRegistry.global()
                  .register(
                      id(owner, operation),
                      origin,
                      new PluginKernel(ladder, ran -> kernels.remember(operation, ran))));
        });
    return kernels;
  }

  /** Says who runs an operation, without running it. */
  Decision decide(String operation, KernelRequest request, KernelChoice wanted) {
    Decision decision = ladder(operation).decide(request, KernelLadder.wanted(wanted));
    remember(operation, decision);
    return decision;
  }

  private void remember(String operation, Decision decision) {
    Decision before = decisions.put(operation, decision);
    if (!decision.equals(before)) {
      LOG.log(System.Logger.Level.DEBUG, "{0}/{1}: {2}", owner, operation, decision);
    }
  }

  /**
   * Who ran last, by operation, and why faster ones did not; "recipe" for the ordinary operations
   * of the graph. Empty until a graph is built.
   */
  public Map<String, Decision> decisions() {
    return new TreeMap<>(decisions);
  }

  /** {@link #decisions()} as reports show them. */
  public List<KernelUse> uses() {
    return decisions().entrySet().stream().map(each -> each.getValue().of(each.getKey())).toList();
  }

  /** Adds an operation to the graph of the inputs. */
  List<SDVariable> addTo(
      AttentionSpec spec,
      String operation,
      KernelChoice wanted,
      KernelArguments arguments,
      SDVariable... inputs) {
    return List.of(
        KernelOp.add(
            null,
            id(owner, operation),
            BackwardReads.INPUTS_AND_OUTPUTS,
            ladder(operation).fastestFirst().get(0).outputs(),
            PluginKernel.encode(spec.elementType(), wanted, arguments),
            inputs));
  }

  private KernelLadder ladder(String operation) {
    KernelLadder ladder = ladders.get(operation);
    if (ladder == null) {
      throw new IllegalArgumentException(
          "%s brings no kernel for operation %s; it brings %s"
              .formatted(owner, operation, ladders.keySet()));
    }
    return ladder;
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
