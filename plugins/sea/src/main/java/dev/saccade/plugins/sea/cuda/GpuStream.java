package dev.saccade.plugins.sea.cuda;

import java.util.function.Consumer;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A queue of work on a GPU: what is asked for is done in order, later. All methods need the context
 * of the GPU to be current.
 */
public final class GpuStream implements AutoCloseable {

  /** Does not wait for the default stream, which other libraries may use. */
  private static final int NON_BLOCKING = 1;

  private final CUstream stream;
  private final boolean owned;
  private Consumer<String> listener = kernel -> {};

  private GpuStream(CUstream stream, boolean owned) {
    this.stream = stream;
    this.owned = owned;
  }

  /** A new one. */
  static GpuStream create() {
    CUstream stream = new CUstream();
    CudaResult.check(JCudaDriver.cuStreamCreate(stream, NON_BLOCKING), "creating a stream");
    return new GpuStream(stream, true);
  }

  /** One that somebody else made and will destroy; {@code new CUstream()} is the default one. */
  public static GpuStream of(CUstream stream) {
    return new GpuStream(stream, false);
  }

  CUstream stream() {
    return stream;
  }

  /**
   * Has somebody told of every kernel, by its name, after this object was asked for it: who records
   * a {@link GpuEvent} then learns how long each takes. On the thread that asks.
   */
  public void onLaunch(Consumer<String> listener) {
    this.listener = listener;
  }

  void launched(String kernel) {
    listener.accept(kernel);
  }

  /**
   * Waits until all is done.
   *
   * @throws GpuException if any of it failed
   */
  public void await() {
    CudaResult.check(JCudaDriver.cuStreamSynchronize(stream), "computing");
  }

  /** Asks for a tensor to be filled with zeros. */
  public void clear(DeviceTensor tensor) {
    DeviceMemory.clear(tensor, this);
  }

  @Override
  public void close() {
    if (owned) {
      CudaResult.note(JCudaDriver.cuStreamDestroy(stream), "destroying a stream");
    }
  }
}
