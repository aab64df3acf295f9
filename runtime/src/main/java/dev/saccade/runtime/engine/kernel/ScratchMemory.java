package dev.saccade.runtime.engine.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Where a kernel gets native memory for the time of one call. Used by one thread at a time. */
public interface ScratchMemory {

  /** Asks the system on every call; for kernels that run outside a planned run. */
  ScratchMemory UNPOOLED =
      new ScratchMemory() {
        @Override
        public INDArray take(DataType type, long... shape) {
          return Nd4j.createUninitializedDetached(type, shape);
        }

        @Override
        public void giveBack(INDArray array) {
          array.close();
        }
      };

  /** Returns an uninitialised dense array in C order. */
  INDArray take(DataType type, long... shape);

  /** Ends the use of an array that was taken here. */
  void giveBack(INDArray array);
}
