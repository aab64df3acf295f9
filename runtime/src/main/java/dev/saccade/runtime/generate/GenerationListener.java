package dev.saccade.runtime.generate;

/** Told what is written while it is written, by the thread that writes. */
@FunctionalInterface
public interface GenerationListener {

  /** Nobody listens. */
  GenerationListener NONE = (prompt, text) -> {};

  /**
   * Some more text is certain: whole characters, and no part of a stop string. All of it together
   * is the {@link GeneratedText#text}.
   *
   * @param prompt which one, from 0
   */
  void wrote(int prompt, String text);

  /** A prompt's text begins. */
  default void began(int prompt) {}

  /** A prompt's text is whole. */
  default void finished(int prompt, GeneratedText text, GenerationSpeed speed) {}
}
