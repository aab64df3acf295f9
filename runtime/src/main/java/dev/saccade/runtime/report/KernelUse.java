package dev.saccade.runtime.report;

import java.util.List;

/**
 * Who computed one operation of a mechanism.
 *
 * @param operation such as {@code "sea"}
 * @param kernel the kernel's name, or "recipe" for ordinary operations of the graph
 * @param passedOver why each faster one did not, beginning with its name; empty for the fastest
 */
public record KernelUse(String operation, String kernel, List<String> passedOver) {

  public KernelUse {
    passedOver = List.copyOf(passedOver);
  }

  /** Who computed and why no faster one, such as {@code "plain (simd: no vectors here)"}. */
  public String choice() {
    return passedOver.isEmpty()
        ? kernel
        : "%s (%s)".formatted(kernel, String.join("; ", passedOver));
  }
}
