package dev.saccade.plugins.sea.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * A moment on a stream: when the work that was asked for before it was done. Between two of them
 * lies the time that a GPU took, whatever the CPU did meanwhile. All methods need the context of
 * the GPU to be current.
 */
public final class GpuEvent implements AutoCloseable {

  private final CUevent event = new CUevent();

  private GpuEvent() {}

  /** One that has not been recorded. */
  public static GpuEvent create() {
    GpuEvent created = new GpuEvent();
    CudaResult.check(
        JCudaDriver.cuEventCreate(created.event, CUevent_flags.CU_EVENT_DEFAULT),
        "creating an event");
    return created;
  }

  /** Becomes the moment at which a stream has done all that it was asked for so far. */
  public void record(GpuStream stream) {
    CudaResult.check(JCudaDriver.cuEventRecord(event, stream.stream()), "recording an event");
  }

  /**
   * Waits until it has come.
   *
   * @throws GpuException if work before it failed
   */
  public void await() {
    CudaResult.check(JCudaDriver.cuEventSynchronize(event), "computing");
  }

  /**
   * Milliseconds on the GPU from another event to this one, to about half a microsecond. Both must
   * have come.
   *
   * @throws GpuException if one has not
   */
  public double millisSince(GpuEvent earlier) {
    float[] millis = new float[1];
    CudaResult.check(
        JCudaDriver.cuEventElapsedTime(millis, earlier.event, event), "reading the time");
    return millis[0];
  }

  @Override
  public void close() {
    CudaResult.note(JCudaDriver.cuEventDestroy(event), "destroying an event");
  }
}
