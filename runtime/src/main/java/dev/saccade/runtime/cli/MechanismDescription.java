package dev.saccade.runtime.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.LengthRule;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Everything that can be said of one mechanism without running it. */
final class MechanismDescription {

  /** The table adds one blank to it. */
  private static final String INDENT = "   ";

  /** One blank on either side of a cell counts as its width. */
  private static final int PADDING = 2;

  private final InstalledMechanism mechanism;
  private final PrintWriter out;

  private MechanismDescription(InstalledMechanism mechanism, PrintWriter out) {
    this.mechanism = mechanism;
    this.out = out;
  }

  static void print(InstalledMechanism mechanism, PrintWriter out) {
    MechanismDescription description = new MechanismDescription(mechanism, out);
    description.capabilities();
    description.options();
  }

  private void capabilities() {
    Capabilities can = mechanism.capabilities();
    out.printf("%s %s (%s)%n", mechanism.name(), mechanism.version(), mechanism.bundle());
    out.printf("  %s%n%n", mechanism.summary());
    fact("masks", MechanismTable.written(can.maskings()));
    fact("sources", MechanismTable.written(can.sources()));
    fact("numbers", MechanismTable.written(can.elementTypes()));
    fact("lengths", lengths(can.lengths()));
    fact("time", growth(can.time()));
    fact("memory", growth(can.memory()));
    out.println();
    for (Feature feature : Feature.values()) {
      out.printf("  %s %s%n", can.has(feature) ? "+" : "-", feature.meaning());
    }
    out.println();
  }

  private void options() {
    List<Option<?>> schema = schema();
    if (schema.isEmpty()) {
      out.println("  There are no options to set.");
      return;
    }
    Map<String, String> defaults = Options.defaults(schema).asTexts();
    Function<Option<?>, String> setting =
        option -> option.name() + "=" + defaults.get(option.name());
    int width = PADDING + schema.stream().map(setting).mapToInt(String::length).max().orElseThrow();
    out.printf(
        "  Options, for example --option %s.%s%n", mechanism.name(), setting.apply(schema.get(0)));
    List<ColumnData<Option<?>>> columns =
        List.of(
            column(width).with(setting),
            column(SaccadeCli.WIDTH - INDENT.length() - width)
                .with(option -> option.help() + "\n" + option.range()));
    AsciiTable.getTable(AsciiTable.NO_BORDERS, schema, columns)
        .lines()
        .map(line -> (INDENT + line).stripTrailing())
        .forEach(out::println);
  }

  private static Column column(int width) {
    return new Column().dataAlign(HorizontalAlign.LEFT).maxWidth(width);
  }

  private List<Option<?>> schema() {
    Optional<MechanismLease> acquired = mechanism.tryAcquire();
    if (acquired.isEmpty()) {
      return List.of();
    }
    try (MechanismLease lease = acquired.get()) {
      return lease.mechanism().options();
    }
  }

  private void fact(String name, String value) {
    out.printf("  %-9s %s%n", name, value);
  }

  private static String growth(Growth growth) {
    return "%s: %s".formatted(growth.order(), growth.formula());
  }

  static String lengths(LengthRule rule) {
    if (rule.equals(LengthRule.any())) {
      return "any";
    }
    return "%d or more%s"
        .formatted(rule.shortest(), rule.multiple() > 1 ? ", multiples of " + rule.multiple() : "");
  }
}
