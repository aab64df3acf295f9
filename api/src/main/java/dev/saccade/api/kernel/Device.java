package dev.saccade.api.kernel;

import dev.saccade.api.Support;
import java.util.OptionalLong;
import org.osgi.annotation.versioning.ProviderType;

/** A processor that kernels run on. */
@ProviderType
public interface Device {

  /** What sort of processor it is. */
  enum Kind {
    CPU,
    CUDA
  }

  Kind kind();

  /** What its maker calls it. */
  String name();

  /** Its memory, in bytes. */
  long memoryBytes();

  /** Says whether kernels in host memory can compute with {@code arithmetic} here, or why not. */
  Support check(Arithmetic arithmetic);

  /**
   * A property of the device by the name its platform uses, such as {@code "computeCapability"} (90
   * for 9.0) or {@code "sharedMemoryPerBlock"} (bytes). Empty when it has none of that name.
   */
  OptionalLong attribute(String name);
}
