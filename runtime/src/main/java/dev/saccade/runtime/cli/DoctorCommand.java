package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.doctor.Checkup;
import dev.saccade.runtime.doctor.Finding;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code saccade doctor}. */
@Command(
    name = "doctor",
    description = "Check Java, native libraries, GPU, models and plugins, and say what to do.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>(Checkup.machine(PluginOptions.home()));
    // Without its natives nothing else of ND4J can be touched.
    if (findings.stream().noneMatch(each -> each.isFatal() && each.concerns(Checkup.NATIVES))) {
      findings.addAll(lookAtPlugins());
    }
    PrintWriter out = spec.commandLine().getOut();
    Ansi ansi = Streams.colour() ? Ansi.ON : Ansi.OFF;
    for (Finding finding : findings) {
      String mark =
          switch (finding.state()) {
            case GOOD -> ansi.string("@|green ok     |@");
            case ABSENT -> ansi.string("@|faint absent |@");
            case BAD -> ansi.string("@|bold,red FAILED |@");
          };
      out.printf("%s  %-12s %s%n", mark, finding.subject(), finding.text());
      finding.remedy().ifPresent(remedy -> out.printf("%22s-> %s%n", "", remedy));
    }
    return findings.stream().anyMatch(Finding::isFatal) ? SaccadeCli.REFUSED : 0;
  }

  private List<Finding> lookAtPlugins() {
    try (Saccade saccade = plugins.open()) {
      return Checkup.plugins(saccade.plugins(), saccade.mechanisms());
    } catch (SaccadeException e) {
      return List.of(Checkup.closed(e));
    }
  }
}
