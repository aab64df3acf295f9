package dev.saccade.runtime.report;

import java.util.List;

/**
 * Who computed one operation of a mechanism.
 *
 * @param operation such as {@code "sea"}
 * @param kernel the kernel's name, or "recipe" for ordinary operations of the graph
 * @param passedOver why each faster one did not, beginning with its name; empty for the fastest
 * @param missing faster ones that run on what this machine does not have, in the same form: a fact
 *     for the record, and no news for who uses the machine
 */
public record KernelUse(
    String operation, String kernel, List<String> passedOver, List<String> missing) {

  public KernelUse {
    passedOver = List.copyOf(passedOver);
    missing = List.copyOf(missing);
  }

  /** On a machine that has all that its kernels run on. */
  public KernelUse(String operation, String kernel, List<String> passedOver) {
    this(operation, kernel, passedOver, List.of());
  }

  /**
   * Who computed and why no faster one that could run on this machine, such as {@code "plain (simd:
   * no vectors here)"}.
   */
  public String choice() {
    return passedOver.isEmpty()
        ? kernel
        : "%s (%s)".formatted(kernel, String.join("; ", passedOver));
  }
}
