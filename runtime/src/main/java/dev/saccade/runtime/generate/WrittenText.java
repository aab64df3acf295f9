package dev.saccade.runtime.generate;

import dev.saccade.runtime.tokenize.StreamingDecoder;

/** The text that tokens become while they are chosen, as a listener is told of it. */
final class WrittenText {

  private final StreamingDecoder decoder;
  private final StopStrings stops;
  private final GenerationListener listener;
  private final int prompt;
  private final StringBuilder text = new StringBuilder();

  WrittenText(
      StreamingDecoder decoder, StopStrings stops, GenerationListener listener, int prompt) {
    this.decoder = decoder;
    this.stops = stops;
    this.listener = listener;
    this.prompt = prompt;
  }

  /** Adds a token; says whether the text goes on, because there is no stop string. */
  boolean goesOnAfter(int token) {
    write(stops.add(decoder.add(token)));
    return !stops.found();
  }

  /** Adds what was held back, and returns the whole text. */
  String finish() {
    write(stops.add(decoder.finish()));
    write(stops.finish());
    return text.toString();
  }

  private void write(String piece) {
    if (!piece.isEmpty()) {
      text.append(piece);
      listener.wrote(prompt, piece);
    }
  }
}
