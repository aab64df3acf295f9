package dev.saccade.runtime.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Mechanisms side by side, one a row: what they can compute and how they grow. */
final class MechanismTable {

  private static final List<String> HEADERS =
      List.of("mechanism", "version", "exact", "masks", "cross", "time", "memory", "idea");

  /** Left out on a terminal, where ideas need the space and "saccade mechanisms NAME" tells it. */
  private static final int VERSION = HEADERS.indexOf("version");

  private static final String EVERY_MASK = written(List.of(Masking.values()));

  /** The last column takes what the others leave of the line, but never less than this. */
  private static final int NARROWEST = 24;

  private MechanismTable() {}

  /** For a terminal, at most {@link SaccadeCli#WIDTH} columns wide. */
  static String text(List<InstalledMechanism> mechanisms) {
    List<List<String>> rows =
        mechanisms.stream()
            .map(MechanismTable::row)
            .map(row -> row.stream().map(cell -> cell.equals(EVERY_MASK) ? "all" : cell).toList())
            .toList();
    int last = HEADERS.size() - 1;
    int taken = 0;
    List<ColumnData<List<String>>> columns = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      if (i == VERSION) {
        continue;
      }
      int index = i;
      taken += 2 + widest(rows, index);
      columns.add(column(index).with(row -> row.get(index)));
    }
    int rest = Math.max(NARROWEST, SaccadeCli.WIDTH - taken);
    columns.add(column(last).maxWidth(rest).with(row -> row.get(last)));
    return AsciiTable.getTable(AsciiTable.NO_BORDERS, rows, columns)
        .lines()
        .map(String::stripTrailing)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  /** For a document. */
  static String markdown(List<InstalledMechanism> mechanisms) {
    StringBuilder table = new StringBuilder();
    appendRow(table, HEADERS);
    appendRow(table, HEADERS.stream().map(header -> "---").toList());
    mechanisms.forEach(mechanism -> appendRow(table, row(mechanism)));
    return table.toString().stripTrailing();
  }

  /** Constants as users write them, separated by commas. */
  static String written(Collection<? extends Enum<?>> constants) {
    return constants.stream()
        .map(constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '+'))
        .collect(Collectors.joining(", "));
  }

  private static List<String> row(InstalledMechanism mechanism) {
    Capabilities can = mechanism.capabilities();
    return List.of(
        mechanism.name(),
        mechanism.version().toString(),
        can.has(Feature.EXACT) ? "yes" : "no",
        written(can.maskings()),
        can.sources().contains(Source.CROSS) ? "yes" : "no",
        can.time().order(),
        can.memory().order(),
        mechanism.summary());
  }

  private static int widest(List<List<String>> rows, int column) {
    int header = HEADERS.get(column).length();
    return rows.stream().mapToInt(row -> row.get(column).length()).reduce(header, Math::max);
  }

  private static Column column(int index) {
    return new Column()
        .header(HEADERS.get(index))
        .headerAlign(HorizontalAlign.LEFT)
        .dataAlign(HorizontalAlign.LEFT)
        .maxWidth(SaccadeCli.WIDTH);
  }

  static void appendRow(StringBuilder table, List<String> cells) {
    table
        .append("| ")
        .append(
            cells.stream().map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ")))
        .append(" |\n");
  }
}
