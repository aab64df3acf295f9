package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.kernel.DeviceException;
import jcuda.driver.CUresult;

/** A call of the CUDA driver that failed: what was being done, what happened, what can be done. */
public final class GpuException extends DeviceException {

  private static final long serialVersionUID = 1;

  /** Failures from here on are a kernel's, and take the context with them. */
  private static final int FIRST_OF_KERNELS = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;

  private final int code;
  private final String message;

  GpuException(int code, String doing) {
    super(message(code, doing));
    this.code = code;
    this.message = message(code, doing);
  }

  private static String message(int code, String doing) {
    return "%s while %s: %s (CUDA error %d); %s"
        .formatted(what(code), doing, CUresult.stringFor(code), code, advice(code));
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return message;
  }

  /** Whether memory was all that lacked: less of it may do. */
  public boolean outOfMemory() {
    return code == CUresult.CUDA_ERROR_OUT_OF_MEMORY;
  }

  /**
   * Whether nothing more can be done on the GPU before all that this program has there is freed.
   */
  public boolean contextLost() {
    return switch (code) {
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_NO_DEVICE,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_UNKNOWN ->
          true;
      default -> code >= FIRST_OF_KERNELS && code != CUresult.CUDA_ERROR_NOT_SUPPORTED;
    };
  }

  private static String what(int code) {
    return switch (code) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY -> "the GPU has too little free memory";
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE ->
          "a kernel used an address that is not its own";
      case CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_ASSERT ->
          "a kernel failed";
      case CUresult.CUDA_ERROR_LAUNCH_TIMEOUT -> "a kernel took longer than the driver allows";
      case CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES ->
          "a kernel needs more registers or shared memory than the GPU has";
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE -> "the GPU's memory lost bits";
      case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_NO_DEVICE,
          CUresult.CUDA_ERROR_UNKNOWN ->
          "the GPU was lost";
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
          CUresult.CUDA_ERROR_INVALID_PTX,
          CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU ->
          "the driver does not take the kernels";
      default -> "the CUDA driver refused";
    };
  }

  private static String advice(int code) {
    return switch (code) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY ->
          "try shorter sequences or smaller batches, or a kernel on the CPU";
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
          CUresult.CUDA_ERROR_INVALID_PTX,
          CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU ->
          "try a newer NVIDIA driver, or a kernel on the CPU";
      default -> "start again, or choose a kernel on the CPU";
    };
  }
}
