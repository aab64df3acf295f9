package dev.saccade.plugins.sea.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * All the memory that a kernel has on a GPU: one piece, as large as the largest run needed, parted
 * anew by an {@link ArenaLayout} for every run. Not safe for use by many threads.
 */
public final class DeviceArena implements AutoCloseable {

  private @Nullable CUdeviceptr memory;
  private long address;
  private long bytes;

  /**
   * Makes it at least so large. What it held is lost if it grows.
   *
   * @throws GpuException if the GPU has too little memory; then the arena is empty
   */
  public void reserve(long needed) {
    if (needed <= bytes) {
      return;
    }
    close();
    CUdeviceptr grown = new CUdeviceptr();
    CudaResult.check(
        JCudaDriver.cuMemAlloc(grown, needed), "allocating %d bytes on it".formatted(needed));
    memory = grown;
    address = DeviceMemory.address(grown);
    bytes = needed;
  }

  /** Where it begins, a multiple of 16 at least. */
  public long address() {
    return address;
  }

  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (memory != null) {
      CudaResult.note(JCudaDriver.cuMemFree(memory), "freeing memory");
      memory = null;
      address = 0;
      bytes = 0;
    }
  }
}
