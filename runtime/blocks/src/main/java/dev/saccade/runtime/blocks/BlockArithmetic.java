package dev.saccade.runtime.blocks;

import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;

/** Which arithmetic there is in this JVM. */
public final class BlockArithmetic {

  /** Fewer lanes than this gain nothing over plain Java. */
  private static final int FEWEST_LANES = 4;

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

  /** Loaded only where the module is there. */
  private static final class Vectors {
    static final SimdMath MATH = new SimdMath();
  }
}
