package dev.saccade.runtime.report;

/** Text that came from elsewhere (names, tokens, reasons), made harmless inside a page. */
final class Html {

  private Html() {}

  /** Escapes for element content and for quoted attributes. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        case '\0' -> escaped.append('�');
        default -> escaped.append(c);
      }
    }
    return escaped.toString();
  }

  /**
   * Escapes JSON for the inside of a script element. A string of JSON may hold {@code </script>} or
   * {@code <!--}, which end or bend the element, and two line separators that older JavaScript
   * takes for line ends; outside of strings none of them occurs.
   */
  static String escapeJson(String json) {
    return json.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }
}
