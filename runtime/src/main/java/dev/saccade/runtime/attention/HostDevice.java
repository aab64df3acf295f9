package dev.saccade.runtime.attention;

import com.sun.management.OperatingSystemMXBean;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Device;
import dev.saccade.runtime.blocks.BlockArithmetic;
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
  public Support check(Arithmetic arithmetic) {
    return BlockArithmetic.check(arithmetic);
  }

  @Override
  public OptionalLong attribute(String name) {
    return name.equals("cores")
        ? OptionalLong.of(Runtime.getRuntime().availableProcessors())
        : OptionalLong.empty();
  }
}
