package dev.saccade.runtime.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.config.ExecutionResult;
import org.nd4j.autodiff.samediff.config.SDValue;
import org.nd4j.autodiff.samediff.internal.AbstractSession;
import org.nd4j.autodiff.samediff.internal.FrameIter;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;

/**
 * SameDiff's way of running one op, driven by a {@link GraphPlan} instead of by SameDiff.
 *
 * <p>SameDiff's own driver keeps a session for each thread for ever, adds an id to a set for each
 * array it frees, and works out the order of the ops on each call. This one keeps nothing between
 * runs but the native op contexts, and returns each array to the pool after its last reader.
 */
final class PlannedSession extends InferenceSession {

  private static final FrameIter FRAME = new FrameIter(AbstractSession.OUTER_FRAME, 0, null);

  private final ArrayPool pool;

  PlannedSession(SameDiff graph, ArrayPool pool) {
    super(graph);
    this.pool = pool;
    setMmgr(pool);
  }

  /**
   * Runs the plan.
   *
   * @return the outputs, in memory of the pool, each with one use that the caller ends
   */
  Map<String, INDArray> run(GraphPlan plan, Map<String, INDArray> placeholders) {
    boolean complete = false;
    try {
      putLeaves(plan, placeholders);
      for (GraphPlan.Step step : plan.steps()) {
        run(step, plan, placeholders);
      }
      Map<String, INDArray> outputs = takeOutputs(plan.outputs());
      complete = true;
      return outputs;
    } finally {
      nodeValueOutputs.clear();
      if (!complete) {
        pool.reclaim();
      }
    }
  }

  private void putLeaves(GraphPlan plan, Map<String, INDArray> placeholders) {
    for (String leaf : plan.leaves()) {
      SDVariable variable = sameDiff.getVariable(leaf);
      INDArray array =
          variable.getVariableType() == VariableType.PLACEHOLDER
              ? placeholders.get(leaf)
              : variable.getArr();
      nodeValueOutputs.put(GraphPlan.id(leaf), SDValue.create(array));
    }
  }

  private void run(GraphPlan.Step step, GraphPlan plan, Map<String, INDArray> placeholders) {
    Pair<SameDiffOp, OpContext> ready =
        getAndParameterizeOp(
            step.opName(),
            FRAME,
            step.computedInputs(),
            Set.of(),
            step.fixedInputs(),
            placeholders,
            Set.of(),
            Map.of());
    ExecutionResult result =
        doExec(
            step.op(),
            ready.getSecond(),
            FRAME,
            step.computedInputs(),
            Set.of(),
            step.fixedInputs(),
            Map.of());
    step.op().clearArrays();
    ready.getSecond().purge();

    for (int i = 0; i < step.outputs().size(); i++) {
      String output = step.outputs().get(i);
      INDArray array = result.resultOrValueAt(i, false);
      nodeValueOutputs.put(GraphPlan.id(output), SDValue.create(array));
      pool.use(array, plan.uses(output));
    }
    for (String input : step.inputs()) {
      pool.release(valueOf(input));
    }
  }

  private INDArray valueOf(String variable) {
    SDValue value = nodeValueOutputs.get(GraphPlan.id(variable));
    return Objects.requireNonNull(value, variable).getTensorValue();
  }

  private Map<String, INDArray> takeOutputs(List<String> names) {
    Map<String, INDArray> outputs = new LinkedHashMap<>();
    for (String name : names) {
      INDArray array = valueOf(name);
      if (!pool.owns(array)) {
        // A weight or an input asked for as an output: a copy, so that closing it harms nobody.
        INDArray original = array;
        array = pool.dup(original);
        pool.use(array, 1);
      }
      pool.handOut(array);
      outputs.put(name, array);
    }
    return outputs;
  }
}
