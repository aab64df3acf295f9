package dev.saccade.runtime.engine;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.kernel.KernelRegistry;
import dev.saccade.runtime.engine.kernel.KernelScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs one SameDiff graph, forward or with gradients, in memory of its own.
 *
 * <p>Memory is reused from op to op and from run to run, so the first run allocates and later ones
 * do not. Every kernel that the graph names is leased for the whole of a run.
 *
 * <p>The graph must not change any more. Values of its variables may be changed in place between
 * runs. Not safe for use by several threads at once, and says so when it is; {@link GraphCache}
 * keeps several runners for concurrent callers.
 */
public final class GraphRunner implements AutoCloseable {

  /** What a gradient function was built for. */
  private record Derivative(String loss, Set<String> wrt, PlannedSession session, SameDiff graph) {}

  private final SameDiff graph;
  private final ArrayPool pool = new ArrayPool();
  private final PlannedSession forward;
  private final Map<List<String>, GraphPlan> forwardPlans = new HashMap<>();
  private final Map<List<String>, GraphPlan> backwardPlans = new HashMap<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private @Nullable Derivative derivative;
  private boolean closed;

  /**
   * Takes over a graph.
   *
   * @param graph complete; its constants are freed by {@link #close}, its variables are not
   */
  public GraphRunner(SameDiff graph) {
    Nd4jPlatform.start();
    this.graph = graph;
    this.forward = new PlannedSession(graph, pool);
  }

  /** Computes {@code outputs}; see {@link #run(Map, Collection)}. */
  public GraphOutputs run(Map<String, INDArray> inputs, String... outputs) {
    return run(inputs, Arrays.asList(outputs));
  }

  /**
   * Computes {@code outputs} from the placeholders' values.
   *
   * @throws SaccadeException when inputs do not fit the placeholders, or a kernel is missing
   * @throws MemoryExhausted when memory does not suffice; the runner stays usable
   */
  public GraphOutputs run(Map<String, INDArray> inputs, Collection<String> outputs) {
    return exclusively(
        () -> {
          GraphPlan plan =
              forwardPlans.computeIfAbsent(
                  List.copyOf(outputs), names -> GraphPlan.of(graph, names));
          return new GraphOutputs(execute(forward, plan, inputs), pool);
        });
  }

  /**
   * Computes a loss and its gradients.
   *
   * <p>The first call builds the gradient function, which takes tens of milliseconds; a later call
   * with another loss, or with variables not asked for before, builds it anew.
   *
   * @param loss a scalar of the graph
   * @param wrt variables or placeholders, of floating point, that the loss depends on
   * @return the loss under its name, and each gradient under the name of its variable
   */
  public GraphOutputs gradients(Map<String, INDArray> inputs, String loss, Collection<String> wrt) {
    return gradients(inputs, loss, wrt, List.of());
  }

  /** As above, and returns {@code also} from the same forward pass. */
  public GraphOutputs gradients(
      Map<String, INDArray> inputs, String loss, Collection<String> wrt, Collection<String> also) {
    return exclusively(
        () -> {
          Derivative function = derivative(loss, wrt);
          Map<String, String> variableOf = new LinkedHashMap<>();
          for (String variable : wrt) {
            SDVariable gradient = function.graph().getGradForVariable(variable);
            if (gradient == null) {
              throw new SaccadeException(
                  "the loss %s does not depend on %s, so there is no gradient"
                      .formatted(loss, variable));
            }
            variableOf.put(variable, gradient.name());
          }
          Set<String> names = new LinkedHashSet<>(variableOf.values());
          names.add(loss);
          names.addAll(also);
          GraphPlan plan =
              backwardPlans.computeIfAbsent(
                  List.copyOf(names), all -> GraphPlan.of(function.graph(), all));
          return named(variableOf, execute(function.session(), plan, inputs));
        });
  }

  /** Gives gradients the names of their variables; two of one array each count as a use. */
  private GraphOutputs named(Map<String, String> variableOf, Map<String, INDArray> computed) {
    Map<String, INDArray> outputs = new LinkedHashMap<>(computed);
    outputs.keySet().removeAll(variableOf.values());
    Set<String> seen = new LinkedHashSet<>();
    variableOf.forEach(
        (variable, gradient) -> {
          INDArray array = Objects.requireNonNull(computed.get(gradient), gradient);
          if (!seen.add(gradient)) {
            pool.use(array, 1);
          }
          outputs.put(variable, array);
        });
    return new GraphOutputs(outputs, pool);
  }

  private Derivative derivative(String loss, Collection<String> wrt) {
    Derivative known = derivative;
    if (known != null && known.loss().equals(loss) && known.wrt().containsAll(wrt)) {
      return known;
    }
    Set<String> all = new LinkedHashSet<>(wrt);
    if (known != null && known.loss().equals(loss)) {
      all.addAll(known.wrt());
    }
    SameDiff function = GradientFunction.build(graph, loss, all);
    Derivative built = new Derivative(loss, all, new PlannedSession(function, pool), function);
    derivative = built;
    backwardPlans.clear();
    return built;
  }

  private Map<String, INDArray> execute(
      PlannedSession session, GraphPlan plan, Map<String, INDArray> inputs) {
    requireFitting(plan, inputs);
    pool.resetPeak();
    try (KernelScope kernels = KernelScope.open(KernelRegistry.global(), plan.kernelIds(), pool)) {
      return session.run(plan, inputs);
    } catch (OutOfMemoryError e) {
      // JavaCPP also refuses the small things it allocates besides arrays; Java's heap is not ours.
      if (!MemoryExhausted.isOf(e)) {
        throw e;
      }
      throw MemoryExhausted.ofNative(0, pool.peakBytes(), e);
    }
  }

  /** SameDiff would cast a wrong type silently and not look at shapes at all. */
  private void requireFitting(GraphPlan plan, Map<String, INDArray> inputs) {
    for (String leaf : plan.leaves()) {
      SDVariable variable = graph.getVariable(leaf);
      if (variable == null || variable.getVariableType() != VariableType.PLACEHOLDER) {
        continue;
      }
      INDArray input = inputs.get(leaf);
      if (input == null) {
        throw new SaccadeException(
            "input %s is missing; given: %s".formatted(leaf, inputs.keySet()));
      }
      long[] shape = variable.placeholderShape();
      if (input.dataType() != variable.dataType() || !fits(shape, input.shape())) {
        throw new SaccadeException(
            "input %s must be %s %s but is %s %s"
                .formatted(
                    leaf,
                    variable.dataType(),
                    shape == null ? "of any shape" : Arrays.toString(shape),
                    input.dataType(),
                    Arrays.toString(input.shape())));
      }
    }
  }

  private static boolean fits(long @Nullable [] wanted, long[] given) {
    if (wanted == null) {
      return true;
    }
    if (wanted.length != given.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] >= 0 && wanted[i] != given[i]) {
        return false;
      }
    }
    return true;
  }

  private interface Work {
    GraphOutputs run();
  }

  private GraphOutputs exclusively(Work work) {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "this runner is running on another thread; take one runner a thread, from GraphCache");
    }
    try {
      if (closed) {
        throw new IllegalStateException("this runner is closed");
      }
      return work.run();
    } finally {
      busy.set(false);
    }
  }

  /**
   * Returns the most bytes that arrays computed by the last run, or begun by it, took at once;
   * outputs and the kernels' scratch memory included, weights and inputs not.
   */
  public long peakBytes() {
    return pool.peakBytes();
  }

  /** Returns the bytes this runner keeps from the system for its runs. */
  public long pooledBytes() {
    return pool.pooledBytes();
  }

  /** Returns the graph, which must not be changed. */
  public SameDiff graph() {
    return graph;
  }

  /**
   * Frees the pool and the graph's constants; outputs still open are freed when they are closed.
   *
   * @throws IllegalStateException when it is running
   */
  @Override
  public void close() {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("this runner is running; close it afterwards");
    }
    try {
      if (!closed) {
        closed = true;
        pool.close();
        closeConstants();
      }
    } finally {
      busy.set(false);
    }
  }

  private void closeConstants() {
    List<INDArray> constants = new ArrayList<>();
    for (SDVariable variable : graph.variables()) {
      if (variable.getVariableType() == VariableType.CONSTANT) {
        constants.add(variable.getArr());
      }
    }
    for (INDArray constant : constants) {
      if (constant.closeable()) {
        constant.close();
      }
    }
  }
}
