package dev.saccade.runtime.cli;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** What the terminal can show. */
final class Streams {

  private Streams() {}

  /** Whether a person reads along: both input and output are a terminal. */
  static boolean interactive() {
    // From JDK 22 on there is a console even where there is no terminal.
    return System.console() != null && System.getenv("TERM") != null;
  }

  /** Whether to use colour: on a terminal, unless NO_COLOR is set (see no-color.org). */
  static boolean colour() {
    String noColor = System.getenv("NO_COLOR");
    return interactive() && (noColor == null || noColor.isEmpty());
  }

  /** UTF-8 unless the terminal says otherwise; the C locale's ASCII would lose O(T²). */
  static Charset terminalCharset() {
    Charset charset = Charset.forName(System.getProperty("stdout.encoding", "UTF-8"));
    return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
  }
}
