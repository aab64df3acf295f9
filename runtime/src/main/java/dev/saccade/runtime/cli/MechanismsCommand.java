package dev.saccade.runtime.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.api.option.Option;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saccade mechanisms}. */
@Command(
    name = "mechanisms",
    description = {
      "Show what each installed mechanism can compute and how it grows.",
      "",
      "With a name: everything about that mechanism, its options included."
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

  @picocli.CommandLine.Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "TEXT",
      description = "text or markdown. Default: text.")
  private Format format;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "A mechanism, such as softmax.")
  private @Nullable String name;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Saccade saccade = plugins.open()) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      if (name != null) {
        describe(saccade.mechanisms().require(name), out);
        return 0;
      }
      List<InstalledMechanism> all = saccade.mechanisms().newest();
      if (all.isEmpty()) {
        throw new SaccadeException("no mechanism is installed; see why with: saccade plugins list");
      }
      out.println(format == Format.MARKDOWN ? markdown(all) : table(all));
      return 0;
    }
  }

  private static final List<String> HEADERS =
      List.of("mechanism", "version", "exact", "masks", "cross", "time", "memory", "idea");

  private static List<String> row(InstalledMechanism mechanism) {
    Capabilities can = mechanism.capabilities();
    return List.of(
        mechanism.name(),
        mechanism.version().toString(),
        can.has(Feature.EXACT) ? "yes" : "no",
        String.join(", ", can.maskings().stream().map(MechanismsCommand::written).toList()),
        can.sources().contains(Source.CROSS) ? "yes" : "no",
        can.time().order(),
        can.memory().order(),
        mechanism.summary());
  }

  private static String written(Masking masking) {
    return masking.name().toLowerCase(Locale.ROOT).replace('_', '+');
  }

  private static String table(List<InstalledMechanism> all) {
    List<List<String>> rows = all.stream().map(MechanismsCommand::row).toList();
    List<ColumnData<List<String>>> columns = new ArrayList<>();
    for (int i = 0; i < HEADERS.size(); i++) {
      int index = i;
      columns.add(
          new Column()
              .header(HEADERS.get(i))
              .headerAlign(HorizontalAlign.LEFT)
              .dataAlign(HorizontalAlign.LEFT)
              .maxWidth(60)
              .with(row -> row.get(index)));
    }
    return AsciiTable.getTable(AsciiTable.NO_BORDERS, rows, columns);
  }

  private static String markdown(List<InstalledMechanism> all) {
    StringBuilder table = new StringBuilder();
    appendRow(table, HEADERS);
    appendRow(table, HEADERS.stream().map(header -> "---").toList());
    all.forEach(mechanism -> appendRow(table, row(mechanism)));
    return table.toString().stripTrailing();
  }

  private static void appendRow(StringBuilder table, List<String> cells) {
    table.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static void describe(InstalledMechanism mechanism, PrintWriter out) {
    Capabilities can = mechanism.capabilities();
    out.printf("%s %s (%s)%n", mechanism.name(), mechanism.version(), mechanism.bundle());
    out.printf("  %s%n%n", mechanism.summary());
    out.printf(
        "  masks     %s%n",
        String.join(", ", can.maskings().stream().map(MechanismsCommand::written).toList()));
    out.printf("  sources   %s%n", can.sources().toString().toLowerCase(Locale.ROOT));
    out.printf("  numbers   %s%n", can.elementTypes().toString().toLowerCase(Locale.ROOT));
    out.printf(
        "  lengths   from %d, multiples of %d%n",
        can.lengths().minimum(), can.lengths().multiple());
    out.printf("  time      %s, %s%n", can.time().order(), can.time().formula());
    out.printf("  memory    %s, %s%n", can.memory().order(), can.memory().formula());
    for (Feature feature : Feature.values()) {
      out.printf("  %s %s%n", can.has(feature) ? "+" : "-", feature.meaning());
    }
    List<String> options = options(mechanism);
    out.println(options.isEmpty() ? "\n  There are no options to set." : "\n  Options:");
    options.forEach(option -> out.println("    " + option));
  }

  private static List<String> options(InstalledMechanism mechanism) {
    Optional<MechanismLease> acquired = mechanism.tryAcquire();
    if (acquired.isEmpty()) {
      return List.of();
    }
    try (MechanismLease lease = acquired.get()) {
      return lease.mechanism().options().stream().map(Option::toString).toList();
    }
  }
}
