package dev.saccade.runtime.engine;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.kernel.KernelGradientOp;
import dev.saccade.runtime.engine.kernel.KernelOp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.AbstractSession;
import org.nd4j.autodiff.samediff.internal.AbstractSession.VarId;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;

/**
 * The order in which to run the ops that some outputs need, worked out once.
 *
 * <p>SameDiff works it out anew on every call, which costs more than many an op. Ops run as early
 * as their inputs allow and otherwise in the order they were added, so the same graph always
 * computes in the same order and its peak of memory is the same on every run.
 */
final class GraphPlan {

  /**
   * One op.
   *
   * @param inputs names without repetition
   * @param computedInputs the inputs that are neither constants nor placeholders, as SameDiff wants
   *     them
   * @param fixedInputs the rest
   */
  record Step(
      String opName,
      DifferentialFunction op,
      List<String> inputs,
      List<String> outputs,
      Set<VarId> computedInputs,
      Set<String> fixedInputs) {}

  private final List<String> outputs;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, Integer> uses = new HashMap<>();
  private final Set<String> leaves = new LinkedHashSet<>();
  private final Set<String> kernelIds = new TreeSet<>();

  private GraphPlan(List<String> outputs) {
    this.outputs = outputs;
  }

  /**
   * Plans the computation of {@code outputs}.
   *
   * @throws SaccadeException when an output does not exist or an op cannot be run
   */
  static GraphPlan of(SameDiff graph, Collection<String> outputs) {
    GraphPlan plan = new GraphPlan(List.copyOf(new LinkedHashSet<>(outputs)));
    Set<String> needed = plan.neededOps(graph);
    for (String opName : inOrder(graph, needed)) {
      plan.add(graph, opName);
    }
    plan.outputs.forEach(output -> plan.uses.merge(output, 1, Integer::sum));
    return plan;
  }

  static VarId id(String variable) {
    return new VarId(variable, AbstractSession.OUTER_FRAME, 0, null);
  }

  private Set<String> neededOps(SameDiff graph) {
    Set<String> needed = new LinkedHashSet<>();
    Deque<String> variables = new ArrayDeque<>(outputs);
    while (!variables.isEmpty()) {
      String variable = variables.removeLast();
      if (!graph.hasVariable(variable)) {
        throw new SaccadeException(
            "the graph has no variable named %s; it has %s"
                .formatted(variable, summary(graph.variableMap().keySet())));
      }
      String opName = producer(graph, variable);
      if (opName == null) {
        leaves.add(variable);
      } else if (needed.add(opName)) {
        variables.addAll(inputsOf(op(graph, opName)));
      }
    }
    return needed;
  }

  private static SameDiffOp op(SameDiff graph, String opName) {
    return Objects.requireNonNull(graph.getOps().get(opName), opName);
  }

  /** Returns the op that computes a variable, or null when none does. */
  private static @Nullable String producer(SameDiff graph, String variable) {
    return Objects.requireNonNull(graph.getVariables().get(variable), variable).getOutputOfOp();
  }

  private static String summary(Set<String> names) {
    List<String> sorted = List.copyOf(new TreeSet<>(names));
    return sorted.size() <= 20
        ? String.join(", ", sorted)
        : "%s and %d more".formatted(String.join(", ", sorted.subList(0, 20)), sorted.size() - 20);
  }

  private static List<String> inputsOf(SameDiffOp op) {
    List<String> inputs = op.getInputsToOp();
    return inputs == null ? List.of() : List.copyOf(new LinkedHashSet<>(inputs));
  }

  /** Kahn's algorithm, taking the op that was added first of those that are ready. */
  private static List<String> inOrder(SameDiff graph, Set<String> needed) {
    List<String> added = graph.getOps().keySet().stream().filter(needed::contains).toList();
    Map<String, Integer> waitingFor = new HashMap<>();
    Map<String, List<Integer>> readers = new HashMap<>();
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < added.size(); i++) {
      Set<String> producers = new LinkedHashSet<>();
      for (String input : inputsOf(op(graph, added.get(i)))) {
        String producer = producer(graph, input);
        if (producer != null) {
          producers.add(producer);
        }
      }
      for (String producer : producers) {
        readers.computeIfAbsent(producer, p -> new ArrayList<>()).add(i);
      }
      waitingFor.put(added.get(i), producers.size());
      if (producers.isEmpty()) {
        ready.add(i);
      }
    }
    List<String> order = new ArrayList<>();
    for (@Nullable Integer next = ready.poll(); next != null; next = ready.poll()) {
      order.add(added.get(next));
      for (int reader : readers.getOrDefault(added.get(next), List.of())) {
        if (waitingFor.merge(added.get(reader), -1, Integer::sum) == 0) {
          ready.add(reader);
        }
      }
    }
    if (order.size() < added.size()) {
      throw new SaccadeException(
          "the graph has a loop; only graphs without control flow can be run");
    }
    return order;
  }

  private void add(SameDiff graph, String opName) {
    SameDiffOp op = op(graph, opName);
    DifferentialFunction function = op.getOp();
    GraphGuard.requireRunnable(op);
    List<String> inputs = inputsOf(op);
    Set<VarId> computed = new LinkedHashSet<>();
    Set<String> fixed = new LinkedHashSet<>();
    for (String input : inputs) {
      SDVariable variable = graph.getVariable(input);
      VariableType type = variable.getVariableType();
      if (type == VariableType.CONSTANT || type == VariableType.PLACEHOLDER) {
        fixed.add(input);
      } else {
        computed.add(id(input));
      }
      uses.merge(input, 1, Integer::sum);
    }
    if (function instanceof KernelOp kernel) {
      kernelIds.add(kernel.kernelId());
    } else if (function instanceof KernelGradientOp kernel) {
      kernelIds.add(kernel.kernelId());
    }
    steps.add(new Step(opName, function, inputs, op.getOutputsOfOp(), computed, fixed));
  }

  List<Step> steps() {
    return steps;
  }

  /** Returns what to compute, without repetition. */
  List<String> outputs() {
    return outputs;
  }

  /** Returns the variables that no op computes: weights, constants and placeholders in use. */
  Set<String> leaves() {
    return leaves;
  }

  /** Returns how often a variable is read, by ops and as an output. */
  int uses(String variable) {
    return uses.getOrDefault(variable, 0);
  }

  Set<String> kernelIds() {
    return kernelIds;
  }
}
