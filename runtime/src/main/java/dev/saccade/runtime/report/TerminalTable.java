package dev.saccade.runtime.report;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import com.github.freva.asciitable.Styler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A report for the terminal: the finding, the comparison as a table of at most {@value #WIDTH}
 * columns, and what was not compared with every reason.
 */
public final class TerminalTable {

  /** Whether the text may hold ANSI escapes. */
  public enum Colour {
    PLAIN,
    ANSI;

    private String bold(String text) {
      return styled(1, text);
    }

    private String faint(String text) {
      return styled(2, text);
    }

    private String warning(String text) {
      return styled(33, text);
    }

    private String styled(int code, String text) {
      return this == PLAIN || text.isEmpty() ? text : "\u001b[%dm%s\u001b[0m".formatted(code, text);
    }
  }

  static final int WIDTH = 100;

  private final Report report;
  private final Colour colour;

  private TerminalTable(Report report, Colour colour) {
    this.report = report;
    this.colour = colour;
  }

  /** Returns the text, with a line end after each line. */
  public static String render(Report report, Colour colour) {
    return new TerminalTable(report, colour).render();
  }

  private String render() {
    Headline headline = Headline.of(report);
    StringBuilder text = new StringBuilder();
    wrap(headline.finding(), "").forEach(line -> text.append(colour.bold(line)).append('\n'));
    headline
        .details()
        .forEach(detail -> wrap(detail, "").forEach(line -> text.append(line).append('\n')));
    List<MechanismResult> compared =
        report.mechanisms().stream().filter(TerminalTable::isCompared).toList();
    if (!compared.isEmpty()) {
      text.append('\n').append(table(compared)).append('\n');
    }
    kernels(text, compared);
    report.mechanisms().stream().filter(m -> !isCompared(m)).forEach(m -> refusal(text, m));
    return text.toString();
  }

  private static void kernels(StringBuilder text, List<MechanismResult> compared) {
    Map<String, List<KernelUse>> uses = new LinkedHashMap<>();
    compared.forEach(mechanism -> uses.put(mechanism.name(), mechanism.kernels()));
    for (String line : KernelLines.of(uses)) {
      wrap(line, "").forEach(each -> text.append(each).append('\n'));
    }
  }

  private String table(List<MechanismResult> compared) {
    List<ColumnData<MechanismResult>> columns = new ArrayList<>();
    columns.add(
        new Column()
            .header("mechanism")
            .headerAlign(HorizontalAlign.LEFT)
            .dataAlign(HorizontalAlign.LEFT)
            .maxWidth(14, OverflowBehaviour.ELLIPSIS_RIGHT)
            .with(m -> printable(m.name())));
    columns.add(column("exact", m -> m.exact() ? "yes" : "no"));
    columns.add(figure("direction\nkept", Fidelity::hiddenCosine));
    columns.add(figure("hidden\nerror", Fidelity::hiddenError));
    columns.add(figure("context\nerror", Fidelity::contextError));
    columns.add(figure("attention\ndistance", Fidelity::attentionDistance));
    columns.add(pace("time", (m, pace) -> Figures.millis(pace.own().medianMillis())));
    columns.add(pace(against(compared), (m, pace) -> isTeacher(m) ? "" : pace.words()));
    columns.add(pace("peak", (m, pace) -> Figures.bytes(pace.own().peakBytes())));
    return AsciiTable.builder()
        .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
        .lineSeparator("\n")
        .styler(new Emphasis(compared))
        .data(compared, columns)
        .asString();
  }

  /** The lengths that the times belong to, once rather than in every row where they agree. */
  private String against(List<MechanismResult> compared) {
    List<Integer> lengths =
        compared.stream()
            .filter(m -> !isTeacher(m))
            .flatMap(m -> Pace.of(report, m).stream())
            .map(Pace::length)
            .distinct()
            .toList();
    return lengths.size() == 1 ? "at %d\ntokens".formatted(lengths.get(0)) : "speed";
  }

  private ColumnData<MechanismResult> figure(String header, Function<Fidelity, Double> value) {
    return column(
        header,
        m -> m.fidelity() == null ? Figures.NONE : Figures.fraction(value.apply(m.fidelity())));
  }

  private ColumnData<MechanismResult> pace(
      String header, BiFunction<MechanismResult, Pace, String> value) {
    return column(
        header, m -> Pace.of(report, m).map(pace -> value.apply(m, pace)).orElse(Figures.NONE));
  }

  private static ColumnData<MechanismResult> column(
      String header, Function<MechanismResult, String> value) {
    return new Column()
        .header(header)
        .headerAlign(HorizontalAlign.RIGHT)
        .dataAlign(HorizontalAlign.RIGHT)
        .with(value);
  }

  private void refusal(StringBuilder text, MechanismResult mechanism) {
    String verb = mechanism.status() == MechanismResult.Status.FAILED ? "failed" : "refused";
    text.append('\n')
        .append(colour.bold(printable(mechanism.name())))
        .append(' ')
        .append(colour.warning(verb))
        .append(":\n");
    for (String reason : mechanism.reasons()) {
      List<String> lines = wrap(reason, "    ");
      for (int i = 0; i < lines.size(); i++) {
        text.append(i == 0 ? "  - " + lines.get(i).strip() : lines.get(i)).append('\n');
      }
    }
  }

  /** The teacher is what the others stand out from. */
  private final class Emphasis implements Styler {

    private final List<MechanismResult> rows;

    Emphasis(List<MechanismResult> rows) {
      this.rows = rows;
    }

    @Override
    public List<String> styleCell(Column column, int row, int col, List<String> data) {
      return isTeacher(rows.get(row)) ? data.stream().map(colour::faint).toList() : data;
    }

    @Override
    public List<String> styleHeader(Column column, int col, List<String> data) {
      return data.stream().map(colour::bold).toList();
    }
  }

  private boolean isTeacher(MechanismResult mechanism) {
    return mechanism.name().equals(report.teacher());
  }

  private static boolean isCompared(MechanismResult mechanism) {
    return mechanism.status() == MechanismResult.Status.COMPARED;
  }

  /** Breaks at spaces; a word that is longer than a line stays whole, to be copied. */
  private static List<String> wrap(String text, String indent) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder(indent);
    for (String word : printable(text).split(" ", -1)) {
      if (line.length() > indent.length() && line.length() + 1 + word.length() > WIDTH) {
        lines.add(line.toString());
        line = new StringBuilder(indent);
      }
      line.append(line.length() > indent.length() ? " " : "").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  /** Names and reasons come from plugins, and must not steer the terminal. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ");
  }
}
