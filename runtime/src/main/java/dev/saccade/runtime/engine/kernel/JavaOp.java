package dev.saccade.runtime.engine.kernel;

import org.nd4j.linalg.api.ops.OpContext;

/** An op that {@link JavaOpExecutioner} runs in Java instead of handing it to native code. */
interface JavaOp {

  /** Computes the context's output arrays from its input arrays. */
  void execute(OpContext context);
}
