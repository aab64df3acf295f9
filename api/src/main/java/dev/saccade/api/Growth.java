package dev.saccade.api;

/**
 * How time or memory grows with the length of the sequence. The conformance kit measures the
 * exponent and fails a mechanism that promises less than it takes.
 *
 * @param formula the leading terms in the letters of the package, such as {@code "H·T·k·D"}
 * @param exponent the power of T in them: 1 is linear, 2 quadratic
 */
public record Growth(String formula, double exponent) {

  public Growth {
    if (!(exponent >= 0 && exponent <= 4)) {
      throw new IllegalArgumentException(
          "exponent must be within 0 … 4, the power of T in the formula: formula=%s, exponent=%s"
              .formatted(formula, exponent));
    }
  }

  /** In proportion to the length. */
  public static Growth linear(String formula) {
    return new Growth(formula, 1);
  }

  /** In proportion to the square of the length. */
  public static Growth quadratic(String formula) {
    return new Growth(formula, 2);
  }

  /** The order in T alone, such as {@code "O(T²)"}. */
  public String order() {
    if (exponent == 0) {
      return "O(1)";
    }
    if (exponent == 1) {
      return "O(T)";
    }
    if (exponent == 2) {
      return "O(T²)";
    }
    return exponent == Math.rint(exponent)
        ? "O(T^%d)".formatted((int) exponent)
        : "O(T^%s)".formatted(exponent);
  }
}
