package dev.saccade.runtime.attention;

import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.runtime.report.KernelUse;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who runs an operation.
 *
 * @param kernel null for the recipe
 * @param passedOver why each faster one does not, with its name
 * @param missing the same of those that run on what this machine does not have
 */
public record Decision(
    @Nullable AttentionKernel kernel, List<String> passedOver, List<String> missing) {

  public Decision {
    passedOver = List.copyOf(passedOver);
    missing = List.copyOf(missing);
  }

  /** Why each faster one does not run, whatever the reason. */
  List<String> reasons() {
    return Stream.of(missing, passedOver).flatMap(List::stream).toList();
  }

  /** The kernel's name, or "recipe". */
  public String name() {
    return kernel == null ? KernelLadder.RECIPE : kernel.name();
  }

  @Override
  public String toString() {
    return new KernelUse("", name(), reasons()).choice();
  }

  /** As reports show it. */
  KernelUse of(String operation) {
    return new KernelUse(operation, name(), passedOver, missing);
  }
}
