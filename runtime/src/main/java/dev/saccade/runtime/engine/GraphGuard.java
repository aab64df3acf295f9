package dev.saccade.runtime.engine;

import dev.saccade.runtime.SaccadeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ops.BaseReduceOp;
import org.nd4j.linalg.api.ops.custom.Invoke;
import org.nd4j.linalg.api.ops.impl.controlflow.Where;
import org.nd4j.linalg.api.ops.impl.controlflow.WhereNumpy;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.Enter;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.Exit;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.LoopCond;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.Merge;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.NextIteration;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.Switch;
import org.nd4j.linalg.api.ops.impl.loss.SparseSoftmaxCrossEntropyLossWithLogits;
import org.nd4j.linalg.api.ops.impl.reduce.TensorMmul;
import org.nd4j.linalg.api.ops.impl.reduce.custom.LogSumExp;
import org.nd4j.linalg.api.ops.impl.shape.CreateView;
import org.nd4j.linalg.api.ops.impl.shape.Gather;
import org.nd4j.linalg.api.ops.impl.shape.GatherNd;
import org.nd4j.linalg.api.ops.impl.shape.tensorops.BaseTensorOp;
import org.nd4j.linalg.api.ops.impl.transforms.clip.ClipByNorm;
import org.nd4j.linalg.api.ops.impl.transforms.custom.Assign;
import org.nd4j.linalg.api.ops.impl.transforms.custom.CumProd;
import org.nd4j.linalg.api.ops.impl.transforms.custom.CumSum;
import org.nd4j.linalg.api.ops.impl.transforms.custom.LogSoftMax;
import org.nd4j.linalg.api.ops.impl.transforms.segment.UnsortedSegmentSum;

/**
 * Knows the ops that ND4J 1.0.0-M2.1 computes wrongly, and refuses graphs that hold one.
 *
 * <p>Most of them give a plausible number, or a right value with a wrong gradient, and no error: a
 * mechanism built on one would train badly and nobody would know why. Each rule was established by
 * finite differences, and a test of this package shows that the fault is still there.
 */
public final class GraphGuard {

  private record Rule(Predicate<DifferentialFunction> applies, String fault, String instead) {}

  /** What makes an op unfit for {@link GraphRunner}, whether or not its numbers are right. */
  private static final List<Rule> UNRUNNABLE =
      List.of(
          rule(
              "is control flow, whose order cannot be planned",
              "unroll the loop or condition while building the graph",
              Enter.class,
              Exit.class,
              Switch.class,
              Merge.class,
              NextIteration.class,
              LoopCond.class,
              Invoke.class),
          rule(
              "keeps a list of arrays, whose memory cannot be counted",
              "use stack, unstack and concat",
              BaseTensorOp.class),
          rule(
              "shares memory with its input, which may be reused too early",
              "use stridedSlice",
              CreateView.class),
          rule("overwrites its input, which others may read", "use identity", Assign.class));

  private static final List<Rule> WRONG =
      List.of(
          new Rule(
              GraphGuard::keepsANegativeAxis,
              "reduces over another axis when an axis is negative and kept and the rank is above 2",
              "use GraphOps.sum, mean or max, or a positive axis"),
          rule(
              "has a wrong gradient for repeated indices and takes 60 ms an index",
              "use GraphOps.embedding",
              Gather.class),
          rule(
              "has a gradient that ignores what comes after it",
              "use GraphOps.sparseCrossEntropy",
              SparseSoftmaxCrossEntropyLossWithLogits.class),
          rule(
              "has a wrong gradient",
              "use GraphOps.cumulativeSum (of logarithms for a product)",
              CumSum.class,
              CumProd.class),
          rule("has a gradient that throws", "use GraphOps.logSumExp", LogSumExp.class),
          new Rule(
              op -> op instanceof LogSoftMax logSoftmax && logSoftmax.numIArguments() > 0,
              "has a gradient that throws when its axis is given",
              "use GraphOps.logSoftmax"),
          rule(
              "has a gradient that is missing or crashes",
              "multiply by a mask of 0 and 1, or permute and mmul",
              GatherNd.class,
              Where.class,
              WhereNumpy.class,
              TensorMmul.class,
              ClipByNorm.class),
          rule(
              "leaks 27 KB of native memory a call",
              "use GraphOps.embedding, whose gradient is that sum, or mmul with a one-hot matrix",
              UnsortedSegmentSum.class));

  private GraphGuard() {}

  private static Rule rule(String fault, String instead, Class<?>... kinds) {
    return new Rule(
        op -> Arrays.stream(kinds).anyMatch(kind -> kind.isInstance(op)), fault, instead);
  }

  private static boolean keepsANegativeAxis(DifferentialFunction op) {
    return op instanceof BaseReduceOp reduction
        && reduction.isKeepDims()
        && reduction.getDimensions() != null
        && Arrays.stream(reduction.getDimensions()).anyMatch(axis -> axis < 0);
  }

  /**
   * One op that must not be in a graph.
   *
   * @param op the kind of op, as ND4J names it
   * @param variable what it computes, by the name in the graph
   * @param fault ends the sentence "the op …"
   * @param instead what to do about it
   */
  public record Refusal(String op, String variable, String fault, String instead) {

    /** The refusal as one sentence. */
    public String reason() {
      return "op %s, which computes %s, %s; %s".formatted(op, variable, fault, instead);
    }
  }

  /** Returns every op of the graph that must not be there; none for a good graph. */
  public static List<Refusal> refusals(SameDiff graph) {
    return refusals(graph, Set.of());
  }

  /**
   * Returns every op that must not be there, but for ops already known.
   *
   * @param known names of ops, as the keys of {@link SameDiff#getOps()} before somebody added some
   */
  public static List<Refusal> refusals(SameDiff graph, Set<String> known) {
    List<Refusal> refusals = new ArrayList<>();
    graph
        .getOps()
        .forEach(
            (name, op) -> {
              if (!known.contains(name)) {
                for (List<Rule> rules : List.of(UNRUNNABLE, WRONG)) {
                  addRefusals(op, rules, refusals);
                }
              }
            });
    return List.copyOf(refusals);
  }

  private static void addRefusals(SameDiffOp op, List<Rule> rules, List<Refusal> refusals) {
    DifferentialFunction function = op.getOp();
    for (Rule rule : rules) {
      if (rule.applies().test(function)) {
        List<String> outputs = op.getOutputsOfOp();
        String variable = outputs == null ? op.getName() : String.join(", ", outputs);
        refusals.add(new Refusal(function.opName(), variable, rule.fault(), rule.instead()));
      }
    }
  }

  /**
   * Refuses a graph, as contributed by somebody.
   *
   * @param contributor who is to blame, such as "mechanism linear"
   * @throws SaccadeException naming every op at fault
   */
  public static void require(SameDiff graph, Set<String> known, String contributor) {
    List<Refusal> refusals = refusals(graph, known);
    if (!refusals.isEmpty()) {
      throw new SaccadeException(
          "%s builds a graph that ND4J %s would compute wrongly: %s"
              .formatted(
                  contributor,
                  Nd4jPlatform.version(),
                  refusals.stream().map(Refusal::reason).collect(Collectors.joining("; "))));
    }
  }

  static void requireRunnable(SameDiffOp op) {
    List<Refusal> refusals = new ArrayList<>();
    addRefusals(op, UNRUNNABLE, refusals);
    if (!refusals.isEmpty()) {
      throw new SaccadeException("cannot run " + refusals.get(0).reason());
    }
  }
}
