package dev.saccade.runtime.doctor;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Asks the NVIDIA driver, if there is one, for its version and its GPUs. */
final class GpuDriver {

  private static final int NAME_BYTES = 100;

  private GpuDriver() {}

  static Finding look() {
    NativeLibrary cuda;
    try {
      cuda = NativeLibrary.getInstance("cuda");
    } catch (UnsatisfiedLinkError e) {
      return none("no NVIDIA driver (libcuda)");
    }
    int status = call(cuda, "cuInit", 0);
    if (status != 0) {
      return none("an NVIDIA driver but no usable GPU (cuInit returned %d)".formatted(status));
    }
    IntByReference count = new IntByReference();
    IntByReference version = new IntByReference();
    if (call(cuda, "cuDeviceGetCount", count) != 0
        || call(cuda, "cuDriverGetVersion", version) != 0) {
      return none("an NVIDIA driver that does not answer");
    }
    List<String> names = new ArrayList<>();
    for (int device = 0; device < count.getValue(); device++) {
      try (Memory name = new Memory(NAME_BYTES)) {
        if (call(cuda, "cuDeviceGetName", name, NAME_BYTES, device) == 0) {
          names.add(name.getString(0, StandardCharsets.US_ASCII.name()));
        }
      }
    }
    return Finding.good(
        "gpu",
        "%s, driver for CUDA %d.%d; mechanisms that bring a kernel called cuda compute there"
            .formatted(
                String.join(", ", names),
                version.getValue() / 1000,
                version.getValue() % 1000 / 10));
  }

  private static Finding none(String what) {
    return Finding.absent("gpu", what, "nothing to do: all mechanisms compute on the CPU as well");
  }

  private static int call(NativeLibrary cuda, String function, Object... arguments) {
    return cuda.getFunction(function).invokeInt(arguments);
  }
}
