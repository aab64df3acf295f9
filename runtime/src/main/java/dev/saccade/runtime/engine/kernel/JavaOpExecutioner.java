package dev.saccade.runtime.engine.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.cpu.nativecpu.ops.NativeOpExecutioner;

/**
 * ND4J's executioner, except that our own ops run in Java.
 *
 * <p>ND4J 1.0.0-M2.1 has no op that a user may implement; this is the narrowest place where one can
 * be slipped in. ND4J creates the one instance by its class name.
 */
public final class JavaOpExecutioner extends NativeOpExecutioner {

  @Override
  public INDArray[] exec(CustomOp op, OpContext context) {
    if (op instanceof JavaOp java) {
      java.execute(context);
      return context.getOutputArrays().toArray(new INDArray[0]);
    }
    return super.exec(op, context);
  }
}
