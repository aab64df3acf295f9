package dev.saccade.runtime.engine;

import dev.saccade.runtime.SaccadeException;
import java.util.List;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.linalg.api.ops.custom.Invoke;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.BaseCompatOp;
import org.nd4j.linalg.api.ops.impl.shape.CreateView;
import org.nd4j.linalg.api.ops.impl.shape.tensorops.BaseTensorOp;

/** Refuses graphs with ops that ND4J 1.0.0-M2.1 computes wrongly, or that runs cannot order. */
public final class GraphGuard {

  /** Their results depend on the path taken, or share memory in ways that cannot be counted. */
  private static final List<Class<?>> NOT_RUNNABLE =
      List.of(BaseCompatOp.class, BaseTensorOp.class, Invoke.class, CreateView.class);

  private GraphGuard() {}

  static void requireRunnable(DifferentialFunction op) {
    for (Class<?> kind : NOT_RUNNABLE) {
      if (kind.isInstance(op)) {
        throw new SaccadeException(
            "op %s (%s) is control flow, a list or a view, which graphs here may not hold; unroll loops while building the graph and slice with stridedSlice"
                .formatted(op.getOwnName(), op.opName()));
      }
    }
  }
}
