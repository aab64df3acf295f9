package dev.saccade.runtime.blocks;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import java.lang.management.ManagementFactory;

/** Which arithmetic there is in this JVM. */
public final class BlockArithmetic {

  /** Fewer lanes than this gain nothing over plain Java. */
  private static final int FEWEST_LANES = 4;

  private static final int FULL_OPTIMISATION = 4;

  private static final BlockMath PLAIN = new PlainMath();

  private BlockArithmetic() {}

  /** Says whether {@link #of} gives this arithmetic or, if not, why. */
  public static Support check(Arithmetic arithmetic) {
    if (arithmetic == Arithmetic.PLAIN) {
      return Support.yes();
    }
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return Support.no(
          "Java's vector API is not enabled; start Java with --add-modules jdk.incubator.vector");
    }
    if (!isOptimising()) {
      return Support.no(
          "the JVM's optimising compiler is off, without which vectors are slow; start Java without"
              + " -Xint and -XX:TieredStopAtLevel");
    }
    return Vectors.MATH.lanes() < FEWEST_LANES
        ? Support.no("vectors of this processor have %d lanes only".formatted(Vectors.MATH.lanes()))
        : Support.yes();
  }

  /**
   * Returns the arithmetic.
   *
   * @throws IllegalStateException if it is not there, with the reason
   */
  public static BlockMath of(Arithmetic arithmetic) {
    Support support = check(arithmetic);
    if (!support.isYes()) {
      throw new IllegalStateException(
          "arithmetic %s is not available: %s"
              .formatted(arithmetic, String.join("; ", support.reasons())));
    }
    return arithmetic == Arithmetic.PLAIN ? PLAIN : Vectors.MATH;
  }

  /** Whether C2, or a compiler that stands for it, turns vectors into instructions. */
  private static boolean isOptimising() {
    HotSpotDiagnosticMXBean jvm =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return jvm != null
        && !System.getProperty("java.vm.info", "").contains("interpreted mode")
        && Integer.parseInt(jvm.getVMOption("TieredStopAtLevel").getValue()) >= FULL_OPTIMISATION;
  }

  /** Loaded only where the module is there. */
  private static final class Vectors {
    static final SimdMath MATH = new SimdMath();
  }
}
