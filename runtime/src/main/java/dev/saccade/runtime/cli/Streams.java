package dev.saccade.runtime.cli;

import com.sun.jna.NativeLibrary;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** What the terminal can show. */
final class Streams {

  private Streams() {}

  /** Whether a person reads standard error, where progress goes. */
  static boolean interactive() {
    return isTerminal(2);
  }

  /** Whether to use colour: on a terminal, unless NO_COLOR is set (see no-color.org). */
  static boolean colour() {
    String noColor = System.getenv("NO_COLOR");
    return isTerminal(1) && (noColor == null || noColor.isEmpty());
  }

  /** Java tells of both streams together, and from JDK 22 on not even that. */
  private static boolean isTerminal(int descriptor) {
    try {
      Object[] arguments = {descriptor};
      return NativeLibrary.getInstance("c").getFunction("isatty").invokeInt(arguments) == 1;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  /** UTF-8 unless the terminal says otherwise; the C locale's ASCII would lose O(T²). */
  static Charset terminalCharset() {
    Charset charset = Charset.forName(System.getProperty("stdout.encoding", "UTF-8"));
    return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
  }
}
