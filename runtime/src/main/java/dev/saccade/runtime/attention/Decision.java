package dev.saccade.runtime.attention;

import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.runtime.report.KernelUse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who runs an operation.
 *
 * @param kernel null for the recipe
 * @param passedOver why each faster one does not, with its name
 */
public record Decision(@Nullable AttentionKernel kernel, List<String> passedOver) {

  public Decision {
    passedOver = List.copyOf(passedOver);
  }

  /** The kernel's name, or "recipe". */
  public String name() {
    return kernel == null ? KernelLadder.RECIPE : kernel.name();
  }

  @Override
  public String toString() {
    return of("").choice();
  }

  /** As reports show it. */
  KernelUse of(String operation) {
    return new KernelUse(operation, name(), passedOver);
  }
}
