package dev.saccade.runtime.attention;

import com.sun.management.OperatingSystemMXBean;
import dev.saccade.api.kernel.Device;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;

/** The processor that this JVM runs on. */
final class HostDevice implements Device {

  static final HostDevice INSTANCE = new HostDevice();

  private HostDevice() {}

  @Override
  public Kind kind() {
    return Kind.CPU;
  }

  /** The architecture, such as {@code "amd64"}; Java does not know the model. */
  @Override
  public String name() {
    return System.getProperty("os.arch", "unknown");
  }

  @Override
  public long memoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  @Override
  public OptionalLong attribute(String name) {
    return name.equals("cores")
        ? OptionalLong.of(Runtime.getRuntime().availableProcessors())
        : OptionalLong.empty();
  }
}
