package dev.saccade.plugins.sea.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import dev.saccade.api.ElementType;
import java.nio.charset.StandardCharsets;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/**
 * A GPU that CUDA can use.
 *
 * @param ordinal its place among the GPUs of the machine, from 0
 * @param name what its maker calls it
 * @param memoryBytes all of its memory
 * @param computeCapability what its instructions are counted by: 90 for 9.0
 * @param multiprocessors how many blocks compute at once, at least
 * @param sharedMemoryPerBlock the most that a block can have when it asks for it, in bytes
 */
public record Gpu(
    int ordinal,
    String name,
    long memoryBytes,
    int computeCapability,
    int multiprocessors,
    int sharedMemoryPerBlock) {

  /** Where tensor cores take bf16, and memory is copied while a thread goes on. */
  private static final int TENSOR_CAPABILITY = 80;

  private static final int NAME_BYTES = 128;

  /** Asks the driver, which must have been initialised. */
  static Gpu at(int ordinal) {
    String doing = "asking for GPU " + ordinal;
    CUdevice device = device(ordinal);
    byte[] name = new byte[NAME_BYTES];
    CudaResult.check(JCudaDriver.cuDeviceGetName(name, NAME_BYTES, device), doing);
    long[] memory = new long[1];
    CudaResult.check(JCudaDriver.cuDeviceTotalMem(memory, device), doing);
    return new Gpu(
        ordinal,
        new String(name, StandardCharsets.US_ASCII).split("\0", 2)[0],
        memory[0],
        10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  }

  /** Whether kernels multiply what is stored in a type on its tensor cores. */
  public boolean multipliesOnTensorCores(ElementType stored) {
    return computeCapability >= TENSOR_CAPABILITY && stored.bytes() == 2;
  }

  /** The driver's word for it. */
  CUdevice device() {
    return device(ordinal);
  }

  @Override
  public String toString() {
    return "GPU %d (%s, compute capability %d.%d, %d MiB)"
        .formatted(
            ordinal, name, computeCapability / 10, computeCapability % 10, memoryBytes >> 20);
  }

  private static CUdevice device(int ordinal) {
    CUdevice device = new CUdevice();
    CudaResult.check(JCudaDriver.cuDeviceGet(device, ordinal), "asking for GPU " + ordinal);
    return device;
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    CudaResult.check(
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "asking what a GPU can do");
    return value[0];
  }
}
