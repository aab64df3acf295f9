package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.report.Figures;
import dev.saccade.runtime.report.KernelLines;
import dev.saccade.runtime.report.PlainTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A perplexity for a terminal: a line for each document, and what all of them come to. */
public final class PerplexityTable {

  private static final int MOST_DOCUMENTS = 30;
  private static final int NAME_WIDTH = 40;

  private PerplexityTable() {}

  /** Returns the table, the interval, and who computed. */
  public static String render(PerplexityReport report) {
    PerplexityResult result = report.result();
    List<DocumentScore> rows = new ArrayList<>();
    result.documents().stream().limit(MOST_DOCUMENTS).forEach(rows::add);
    rows.add(result.total());
    List<String> lines = new ArrayList<>();
    lines.add(table(rows));
    lines.add("");
    int left = result.documents().size() - MOST_DOCUMENTS;
    if (left > 0) {
      lines.add("%,d more documents are in the total".formatted(left));
    }
    lines.add(headline(report));
    lines.add(account(report));
    lines.addAll(
        KernelLines.of(Map.of(report.attention().mechanism(), report.attention().kernels())));
    return String.join(System.lineSeparator(), lines) + System.lineSeparator();
  }

  private static String headline(PerplexityReport report) {
    PerplexityResult result = report.result();
    String interval =
        result.interval() == null
            ? ""
            : format(
                " (%.0f %%: %.4f … %.4f over %s)",
                100 * PerplexityResult.CONFIDENCE,
                result.interval().low(),
                result.interval().high(),
                samples(report.settings()));
    return format(
        "perplexity %.4f%s, %.4f bits per byte, %.2f per word",
        result.total().perplexity(),
        interval,
        result.total().bitsPerByte(),
        result.total().wordPerplexity());
  }

  private static String samples(PerplexitySettings settings) {
    return switch (settings.documents()) {
      case SEPARATE -> "documents";
      case JOINED -> "stretches as long as a window";
    };
  }

  private static String account(PerplexityReport report) {
    DocumentScore total = report.result().total();
    Integer stride = report.settings().stride();
    return format(
        "%,d of %,d tokens count, in %,d windows of %d tokens %s; %s, %s, %,.0f tokens/s",
        total.scored(),
        total.tokens(),
        total.windows(),
        report.settings().context(),
        stride == null ? "apart" : "every %d".formatted(stride),
        report.model().name(),
        report.attention().mechanism(),
        total.tokens() / report.result().seconds());
  }

  private static String table(List<DocumentScore> rows) {
    return new PlainTable<DocumentScore>()
        .words("document", PerplexityTable::name)
        .numbers("tokens", row -> Figures.count(row.tokens()))
        .numbers("counted", row -> Figures.count(row.scored()))
        .numbers("perplexity", row -> format("%.4f", row.perplexity()))
        .numbers("bits/byte", row -> format("%.4f", row.bitsPerByte()))
        .numbers("per word", row -> format("%.2f", row.wordPerplexity()))
        .render(rows);
  }

  /** The end of a long name: the file, not the folders above it. */
  private static String name(DocumentScore document) {
    String name = document.name();
    return name.length() <= NAME_WIDTH
        ? name
        : "…" + name.substring(name.length() - NAME_WIDTH + 1);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
