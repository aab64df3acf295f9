package dev.saccade.runtime.engine;

import dev.saccade.runtime.engine.kernel.ScratchMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The native memory of one graph's runs: buffers go back here when their last reader is done and
 * serve the next array of that type and length, whatever its shape.
 *
 * <p>Nothing waits for the garbage collector. Each buffer counts its uses, since SameDiff gives one
 * array several names (identity) and several arrays one buffer. Not safe for use by several
 * threads.
 */
final class ArrayPool extends AbstractMemoryMgr implements ScratchMemory {

  private record Kind(DataType type, long length) {}

  private static final class Holding {
    int uses;
    boolean handedOut;
  }

  private final Map<Kind, Deque<DataBuffer>> free = new HashMap<>();
  private final IdentityHashMap<DataBuffer, Holding> held = new IdentityHashMap<>();
  private long heldBytes;
  private long pooledBytes;
  private long peakBytes;
  private boolean closed;

  @Override
  public INDArray allocate(boolean detached, LongShapeDescriptor shape) {
    if (shape.isEmpty()) {
      return Nd4j.create(shape);
    }
    return allocate(detached, shape.dataType(), shape.getShape());
  }

  /** Returns an uninitialised array with no uses yet; see {@link #use}. */
  @Override
  public INDArray allocate(boolean detached, DataType type, long... shape) {
    long length = 1;
    for (long axis : shape) {
      length *= axis;
    }
    Deque<DataBuffer> buffers = free.get(new Kind(type, length));
    DataBuffer buffer = buffers == null ? null : buffers.pollLast();
    INDArray array;
    if (buffer == null) {
      array = create(type, length, shape);
      buffer = array.data();
      pooledBytes += bytes(buffer);
    } else {
      array = Nd4j.create(buffer, shape, Nd4j.getStrides(shape, 'c'), 0, 'c', type);
    }
    held.put(buffer, new Holding());
    heldBytes += bytes(buffer);
    peakBytes = Math.max(peakBytes, heldBytes);
    return array;
  }

  private INDArray create(DataType type, long length, long[] shape) {
    try {
      return Nd4j.createUninitializedDetached(type, shape);
    } catch (OutOfMemoryError | RuntimeException e) {
      if (MemoryExhausted.isOf(e)) {
        throw MemoryExhausted.ofNative(length * type.width(), heldBytes, e);
      }
      throw e;
    }
  }

  @Override
  public INDArray take(DataType type, long... shape) {
    INDArray array = allocate(true, type, shape);
    use(array, 1);
    return array;
  }

  @Override
  public void giveBack(INDArray array) {
    use(array, -1);
  }

  @Override
  public void count(long bytes) {
    heldBytes += bytes;
    peakBytes = Math.max(peakBytes, heldBytes);
  }

  /** Says whether the memory of {@code array} is from here and in use. */
  boolean owns(INDArray array) {
    return !array.isEmpty() && held.containsKey(array.data());
  }

  /** Adds to the number of times {@link #release} must be called; nothing for others' arrays. */
  void use(INDArray array, int times) {
    Holding holding = array.isEmpty() ? null : held.get(array.data());
    if (holding != null) {
      holding.uses += times;
      if (holding.uses == 0) {
        putBack(array.data());
      }
    }
  }

  /** Ends one use; the last one frees the memory for others. Nothing for others' arrays. */
  @Override
  public void release(INDArray array) {
    use(array, -1);
  }

  /** Gives the memory of an array in use away: whoever calls this closes it. */
  void disown(INDArray array) {
    DataBuffer buffer = array.data();
    if (held.remove(buffer) != null) {
      heldBytes -= bytes(buffer);
      pooledBytes -= bytes(buffer);
    }
  }

  /** Marks an array as an output, which outlives the run. */
  void handOut(INDArray array) {
    Holding holding = held.get(array.data());
    if (holding == null) {
      throw new IllegalArgumentException("not from this pool: " + array.shapeInfoToString());
    }
    holding.handedOut = true;
  }

  /** Takes back all but outputs: what a failed run left in use. */
  void reclaim() {
    for (DataBuffer buffer : List.copyOf(held.keySet())) {
      if (!Objects.requireNonNull(held.get(buffer)).handedOut) {
        putBack(buffer);
      }
    }
  }

  private void putBack(DataBuffer buffer) {
    held.remove(buffer);
    heldBytes -= bytes(buffer);
    if (closed) {
      pooledBytes -= bytes(buffer);
      buffer.close();
    } else {
      free.computeIfAbsent(new Kind(buffer.dataType(), buffer.length()), k -> new ArrayDeque<>())
          .addLast(buffer);
    }
  }

  private static long bytes(DataBuffer buffer) {
    return buffer.length() * buffer.getElementSize();
  }

  /** Starts a new measurement of the peak. */
  void resetPeak() {
    peakBytes = heldBytes;
  }

  /** Returns the most bytes in use at once since {@link #resetPeak}. */
  long peakBytes() {
    return peakBytes;
  }

  /** Returns the bytes taken from the system: in use or waiting for use. */
  long pooledBytes() {
    return pooledBytes;
  }

  /** Frees what is not in use now, and the rest as it comes back. */
  @Override
  public void close() {
    closed = true;
    for (Deque<DataBuffer> buffers : free.values()) {
      for (DataBuffer buffer : buffers) {
        pooledBytes -= bytes(buffer);
        buffer.close();
      }
    }
    free.clear();
  }
}
