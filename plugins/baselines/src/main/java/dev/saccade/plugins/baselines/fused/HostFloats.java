package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;

/** What kernels that compute blocks of float32 in host memory can run. */
final class HostFloats {

  private HostFloats() {}

  /** Says whether such a kernel can run a request on a device and, if not, every reason. */
  static Support check(KernelRequest request, Device device, Arithmetic arithmetic) {
    List<String> reasons = new ArrayList<>();
    if (device.kind() != Device.Kind.CPU) {
      reasons.add("it runs on the CPU, not on " + device.kind());
    }
    if (request.elementType() != ElementType.F32) {
      reasons.add("it takes F32, not " + request.elementType());
    }
    return Support.unless(reasons).and(device.check(arithmetic));
  }
}
