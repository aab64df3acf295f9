package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Device;
import java.util.OptionalLong;

/** The processor that a graph in host memory runs on. */
public enum TestHost implements Device {
  INSTANCE;

  @Override
  public Kind kind() {
    return Kind.CPU;
  }

  @Override
  public long memoryBytes() {
    return Runtime.getRuntime().maxMemory();
  }

  @Override
  public Support check(Arithmetic arithmetic) {
    return Support.yes();
  }

  @Override
  public OptionalLong attribute(String name) {
    return OptionalLong.empty();
  }
}
