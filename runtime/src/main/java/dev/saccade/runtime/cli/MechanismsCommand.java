package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saccade mechanisms}. */
@Command(
    name = "mechanisms",
    description = {
      "Show what each installed mechanism can compute and how it grows.",
      "",
      "With a name: everything about that mechanism, its options included. With --details:",
      "everything about all of them."
    },
    mixinStandardHelpOptions = true)
final class MechanismsCommand implements Callable<Integer> {

  /** Which form the table takes. */
  enum Format {
    TEXT,
    MARKDOWN
  }

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "TEXT",
      description = "text or markdown. Default: text.")
  private Format format;

  @Option(names = "--details", description = "Show everything about every mechanism.")
  private boolean details;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "A mechanism, such as softmax.")
  private @Nullable String name;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Saccade saccade = plugins.open()) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      List<InstalledMechanism> shown =
          name == null
              ? saccade.mechanisms().newest()
              : List.of(saccade.mechanisms().require(name));
      if (shown.isEmpty()) {
        throw new SaccadeException("no mechanism is installed; see why with: saccade plugins list");
      }
      if (format == Format.MARKDOWN) {
        out.println(
            details || name != null ? MechanismDocument.of(shown) : MechanismTable.markdown(shown));
      } else if (details || name != null) {
        shown.forEach(mechanism -> MechanismDescription.print(mechanism, out));
      } else {
        out.printf("%s%n%n%s%n", MechanismTable.text(shown), FeatureMatrix.text(shown));
      }
      return 0;
    }
  }
}
