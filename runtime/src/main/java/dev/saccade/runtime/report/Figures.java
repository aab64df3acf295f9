package dev.saccade.runtime.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as people read them: few digits, the unit beside them, the same in every locale. */
public final class Figures {

  static final String NONE = "–";

  private Figures() {}

  static String fraction(@Nullable Double value) {
    return value == null ? NONE : String.format(Locale.ROOT, "%.3f", value).replace("-", "−");
  }

  /** A time, such as {@code "3.21 ms"}; a dash for none. */
  public static String millis(@Nullable Double millis) {
    if (millis == null) {
      return NONE;
    }
    if (millis < 1) {
      return three(millis * 1000) + " µs";
    }
    return millis < 1000 ? three(millis) + " ms" : three(millis / 1000) + " s";
  }

  /** A size, such as {@code "25.5 MiB"}; a dash for none. */
  public static String bytes(@Nullable Long bytes) {
    if (bytes == null) {
      return NONE;
    }
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return (unit == 0 ? String.valueOf(bytes) : three(value)) + " " + units[unit];
  }

  /** How a time or a size compares: {@code "3.1×"}. */
  static String times(double factor) {
    return String.format(Locale.ROOT, factor < 9.95 ? "%.1f×" : "%.0f×", factor);
  }

  /** How a size compares: {@code "3.1× less"}. */
  static String moreOrLess(double factor) {
    String many = times(Math.max(factor, 1 / factor));
    return many.equals("1.0×") ? "the same" : many + (factor > 1 ? " more" : " less");
  }

  /** A whole number with its thousands apart. */
  public static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Three significant digits. */
  private static String three(double value) {
    String format = value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, format, value);
  }
}
