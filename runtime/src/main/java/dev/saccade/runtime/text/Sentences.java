package dev.saccade.runtime.text;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Cuts English text into sentences. */
final class Sentences {

  /** A full stop that ends an abbreviation or an initial, not a sentence. */
  private static final Pattern ABBREVIATED =
      Pattern.compile(
          ".*\\b(Mr|Mrs|Ms|Dr|Messrs|Hon|Gen|Gov|Sen|Rep|St|No|Nos|Art|[A-Z])\\.\\s*",
          Pattern.DOTALL);

  private Sentences() {}

  /** Returns the sentences in order, without the white space around them. */
  static List<String> of(String text) {
    BreakIterator boundaries = BreakIterator.getSentenceInstance(Locale.ENGLISH);
    boundaries.setText(text);
    List<String> sentences = new ArrayList<>();
    int start = 0;
    for (int end = boundaries.next(); end != BreakIterator.DONE; end = boundaries.next()) {
      String candidate = text.substring(start, end);
      // A look at the tail is enough, and keeps the pattern linear.
      String tail = candidate.substring(Math.max(0, candidate.length() - 16));
      if (end < text.length() && ABBREVIATED.matcher(tail).matches()) {
        continue;
      }
      if (!candidate.isBlank()) {
        sentences.add(candidate.strip());
      }
      start = end;
    }
    return sentences;
  }
}
