package dev.saccade.plugins.sea.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Host memory that a GPU reads and writes by itself, while the CPU does something else, with the
 * moment at which it was last done.
 */
final class PinnedBuffer implements AutoCloseable {

  private final Pointer memory = new Pointer();
  private final CUevent done = new CUevent();
  private final ByteBuffer bytes;

  PinnedBuffer(int capacity) {
    CudaResult.check(
        JCudaDriver.cuMemHostAlloc(memory, capacity, 0),
        "allocating %d bytes of host memory for it".formatted(capacity));
    bytes = memory.getByteBuffer(0, capacity).order(ByteOrder.nativeOrder());
    int code = JCudaDriver.cuEventCreate(done, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    if (code != 0) {
      CudaResult.note(JCudaDriver.cuMemFreeHost(memory), "freeing host memory");
      CudaResult.check(code, "creating an event");
    }
  }

  /** Its memory, position 0, limit {@code count}; wait before touching it. */
  ByteBuffer bytes(int count) {
    return bytes.clear().limit(count);
  }

  void upload(int count, long address, GpuStream stream) {
    CudaResult.check(
        JCudaDriver.cuMemcpyHtoDAsync(DeviceMemory.at(address), memory, count, stream.stream()),
        "uploading");
    mark(stream);
  }

  void download(int count, long address, GpuStream stream) {
    CudaResult.check(
        JCudaDriver.cuMemcpyDtoHAsync(memory, DeviceMemory.at(address), count, stream.stream()),
        "downloading");
    mark(stream);
  }

  private void mark(GpuStream stream) {
    CudaResult.check(JCudaDriver.cuEventRecord(done, stream.stream()), "copying");
  }

  /** Waits until the GPU is done with it; at once if it never was asked. */
  void await() {
    CudaResult.check(JCudaDriver.cuEventSynchronize(done), "copying");
  }

  @Override
  public void close() {
    CudaResult.note(JCudaDriver.cuEventDestroy(done), "destroying an event");
    CudaResult.note(JCudaDriver.cuMemFreeHost(memory), "freeing host memory");
  }
}
