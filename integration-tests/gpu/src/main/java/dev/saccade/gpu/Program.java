package dev.saccade.gpu;

import dev.saccade.plugins.sea.cuda.DeviceProgram;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.List;
import java.util.Set;

/**
 * A program that is tried and timed.
 *
 * @param name in results
 * @param device what launches the kernels
 * @param attention what they must compute
 * @param passes the ways through it that there are kernels for
 * @param linear whether time and memory grow like T
 */
record Program(
    String name, DeviceProgram device, Attention attention, List<Pass> passes, boolean linear) {

  static final List<Pass> FORWARD = List.of(Pass.FORWARD);
  static final List<Pass> BOTH = List.of(Pass.FORWARD, Pass.BACKWARD);

  /** Whether all of them are known. */
  static void requireKnown(Set<String> names, List<Program> all) {
    List<String> known = all.stream().map(Program::name).toList();
    names.stream()
        .filter(name -> !known.contains(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  "no program is named \"%s\"; there are: %s".formatted(name, known));
            });
  }
}
