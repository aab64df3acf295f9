package dev.saccade.runtime.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.api.Feature;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which mechanism has which feature, as their capabilities say. */
final class FeatureMatrix {

  /** One blank on either side of a cell counts as its width. */
  private static final int PADDING = 2;

  private FeatureMatrix() {}

  /** For a terminal. */
  static String text(List<InstalledMechanism> mechanisms) {
    List<ColumnData<InstalledMechanism>> columns = new ArrayList<>();
    columns.add(
        column("mechanism", HorizontalAlign.LEFT)
            .maxWidth(SaccadeCli.WIDTH)
            .with(InstalledMechanism::name));
    for (Feature feature : Feature.values()) {
      columns.add(
          column(feature.label(), HorizontalAlign.CENTER)
              .maxWidth(PADDING + longestWord(feature.label()))
              .with(mechanism -> has(mechanism, feature) ? "+" : "-"));
    }
    return AsciiTable.getTable(AsciiTable.NO_BORDERS, mechanisms, columns)
        .lines()
        .map(String::stripTrailing)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  /** For a document. */
  static String markdown(List<InstalledMechanism> mechanisms) {
    List<String> head = new ArrayList<>(List.of("mechanism"));
    List<String> rule = new ArrayList<>(List.of("---"));
    for (Feature feature : Feature.values()) {
      head.add(feature.label());
      rule.add(":-:");
    }
    StringBuilder table = new StringBuilder();
    MechanismTable.appendRow(table, head);
    MechanismTable.appendRow(table, rule);
    for (InstalledMechanism mechanism : mechanisms) {
      List<String> row = new ArrayList<>(List.of(mechanism.name()));
      for (Feature feature : Feature.values()) {
        row.add(has(mechanism, feature) ? "yes" : "–");
      }
      MechanismTable.appendRow(table, row);
    }
    return table.toString().stripTrailing();
  }

  /** Heads of two words take two lines, so that all columns fit. */
  private static int longestWord(String label) {
    return Stream.of(label.split(" ")).mapToInt(String::length).max().orElseThrow();
  }

  private static boolean has(InstalledMechanism mechanism, Feature feature) {
    return mechanism.capabilities().has(feature);
  }

  private static Column column(String head, HorizontalAlign align) {
    return new Column().header(head).headerAlign(align).dataAlign(align);
  }
}
