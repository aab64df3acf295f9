package dev.saccade.runtime.report;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table for a terminal: no lines but below the heads, and no spaces at line ends.
 *
 * @param <R> what a row shows
 */
public final class PlainTable<R> {

  private static final int MOST_WIDTH = 90;

  private final List<Column> heads = new ArrayList<>();
  private final List<Function<R, String>> cells = new ArrayList<>();

  /** Adds a column of words. */
  public PlainTable<R> words(String head, Function<R, String> cell) {
    return column(head, HorizontalAlign.LEFT, cell);
  }

  /** Adds a column of numbers, which end below each other. */
  public PlainTable<R> numbers(String head, Function<R, String> cell) {
    return column(head, HorizontalAlign.RIGHT, cell);
  }

  private PlainTable<R> column(String head, HorizontalAlign align, Function<R, String> cell) {
    heads.add(new Column().header(head).headerAlign(align).dataAlign(align).maxWidth(MOST_WIDTH));
    cells.add(cell);
    return this;
  }

  /** Returns the table without a line end. */
  public String render(Collection<R> rows) {
    String[][] texts =
        rows.stream()
            .map(row -> cells.stream().map(cell -> cell.apply(row)).toArray(String[]::new))
            .toArray(String[][]::new);
    return AsciiTable.getTable(AsciiTable.NO_BORDERS, heads.toArray(new Column[0]), texts)
        .lines()
        .map(String::stripTrailing)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  /** A share from 0 to 1 as percent, such as {@code "99.2 %"}. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
