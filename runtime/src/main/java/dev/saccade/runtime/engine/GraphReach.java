package dev.saccade.runtime.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;

/** Which variables of a graph a result comes from. */
public final class GraphReach {

  private GraphReach() {}

  /** Says whether {@code result} is computed from {@code variable}. */
  public static boolean depends(SameDiff graph, String result, String variable) {
    Set<String> seen = new HashSet<>(Set.of(result));
    Deque<String> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      String name = open.pop();
      if (name.equals(variable)) {
        return true;
      }
      Variable known = graph.getVariables().get(name);
      SameDiffOp op = known == null ? null : graph.getOps().get(known.getOutputOfOp());
      List<String> inputs = op == null ? null : op.getInputsToOp();
      if (inputs != null) {
        inputs.stream().filter(seen::add).forEach(open::push);
      }
    }
    return false;
  }
}
