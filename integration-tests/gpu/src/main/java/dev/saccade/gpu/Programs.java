package dev.saccade.gpu;

import dev.saccade.plugins.sea.SeaOnDevice;
import dev.saccade.plugins.sea.cuda.FlashProgram;
import dev.saccade.plugins.sea.cuda.SoftmaxProgram;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All that the suite tries: a program more is a line more.
 *
 * @param others that are run in another way, and timed, if at all, by themselves
 */
record Programs(List<Program> programs, List<Tried> others) {

  static Programs all(Plan plan) {
    SeaDefinition sea = new SeaDefinition(true, plan.kept(), plan.width());
    Attention around = new SeaDefinition(false, plan.kept(), plan.width());
    return new Programs(
        List.of(
            new Program("sea", SeaOnDevice.program(), sea, Program.BOTH, true),
            new Program("sea-around", SeaOnDevice.program(), around, Program.BOTH, true),
            new Program("flash", new FlashProgram(), ExactAttention.CAUSAL, Program.BOTH, false),
            new Program(
                "flash-around", new FlashProgram(), ExactAttention.AROUND, Program.BOTH, false),
            new Program(
                "softmax", new SoftmaxProgram(), ExactAttention.CAUSAL, Program.BOTH, false)),
        List.of(new Decoding(sea)));
  }

  List<Tried> tried() {
    return Stream.concat(programs.stream(), others.stream()).toList();
  }

  boolean has(String name) {
    return tried().stream().anyMatch(each -> each.name().equals(name));
  }

  /**
   * Those of some names; all, if no name is given.
   *
   * @throws IllegalArgumentException if there is none of a name
   */
  Programs named(Set<String> names) {
    for (String name : names) {
      if (!has(name)) {
        throw new IllegalArgumentException(
            "no program is named \"%s\"; there are: %s"
                .formatted(name, tried().stream().map(Tried::name).toList()));
      }
    }
    return names.isEmpty() ? this : new Programs(only(names, programs), only(names, others));
  }

  private static <P extends Tried> List<P> only(Set<String> names, List<P> all) {
    return all.stream().filter(each -> names.contains(each.name())).toList();
  }
}
