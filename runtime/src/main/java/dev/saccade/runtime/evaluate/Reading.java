package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Windows;
import dev.saccade.runtime.text.Windows.Window;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A document while it is read window by window, in any order. */
final class Reading {

  private final Document document;
  private final int[] tokens;
  private final Windows windows;

  /** A sum for each window, so that the order in which they are read does not matter. */
  private final double[] nats;

  /**
   * @param tokens the beginning token, and those of the text
   */
  Reading(Document document, int[] tokens, PerplexitySettings settings) {
    this.document = document;
    this.tokens = tokens;
    this.windows = settings.windows(tokens.length);
    this.nats = new double[windows.size()];
  }

  String name() {
    return document.name();
  }

  int windows() {
    return windows.size();
  }

  /** What the model is given for a window. */
  int[] tokens(int window) {
    Window at = windows.get(window);
    return Arrays.copyOfRange(tokens, at.start(), at.end());
  }

  /**
   * Counts what of a window counts.
   *
   * @param surprisals entry t is about token t + 1 of the window
   */
  void score(int window, float[] surprisals) {
    Window at = windows.get(window);
    double sum = 0;
    for (int position = at.firstScoredInWindow(); position < at.length(); position++) {
      sum += surprisals[position - 1];
    }
    nats[window] = sum;
  }

  /** Its windows in stretches of which at least so many tokens count, save perhaps the last. */
  List<Stretch> stretches(int least) {
    List<Stretch> stretches = new ArrayList<>();
    long scored = 0;
    double sum = 0;
    for (int window = 0; window < nats.length; window++) {
      scored += windows.get(window).scored();
      sum += nats[window];
      if (scored >= least || window == nats.length - 1) {
        stretches.add(new Stretch(scored, sum));
        scored = 0;
        sum = 0;
      }
    }
    return stretches;
  }

  DocumentScore score() {
    return new DocumentScore(
        document.name(),
        windows.size(),
        tokens.length - 1L,
        windows.scored(),
        document.words(),
        document.text().getBytes(StandardCharsets.UTF_8).length,
        Arrays.stream(nats).sum());
  }
}
