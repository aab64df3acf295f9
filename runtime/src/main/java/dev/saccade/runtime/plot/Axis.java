package dev.saccade.runtime.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a direction of a plot means.
 *
 * @param label what is measured, with its unit
 * @param low the value at its beginning
 * @param high the value at its end
 * @param scale how values between lie
 * @param ticks values that are written beside it
 */
public record Axis(String label, double low, double high, Scale scale, List<Double> ticks) {

  /** How distances on paper follow from values. */
  public enum Scale {
    /** Equal distances for equal differences. */
    LINEAR,
    /** Equal distances for equal ratios. */
    LOGARITHMIC
  }

  /** How many ticks a linear axis has at most. */
  private static final int TICKS = 8;

  public Axis {
    ticks = List.copyOf(ticks);
  }

  /** An axis by ratios, from the power of ten below to that above. */
  public static Axis powersOfTen(String label, double lowest, double highest) {
    double low = Math.pow(10, Math.floor(Math.log10(lowest)));
    double high = Math.pow(10, Math.ceil(Math.log10(highest * 1.0001)));
    List<Double> ticks = new ArrayList<>();
    for (double tick = low; tick <= high * 1.001; tick *= 10) {
      ticks.add(tick);
    }
    return new Axis(label, low, high, Scale.LOGARITHMIC, ticks);
  }

  /** An axis by ratios with ticks at the very values that there are, in ascending order. */
  public static Axis ratios(String label, List<Double> values) {
    return new Axis(label, values.get(0), values.get(values.size() - 1), Scale.LOGARITHMIC, values);
  }

  /** An axis by differences, with ticks at multiples of 1, 2 or 5 times a power of ten. */
  public static Axis linear(String label, double lowest, double highest) {
    double range = highest > lowest ? highest - lowest : Math.max(1, Math.abs(highest));
    double unit = Math.pow(10, Math.floor(Math.log10(range / TICKS)));
    double distance = unit;
    for (double factor : new double[] {1, 2, 5, 10}) {
      distance = factor * unit;
      if (range / distance <= TICKS) {
        break;
      }
    }
    double low = Math.floor(lowest / distance) * distance;
    double high = Math.ceil((lowest + range) / distance) * distance;
    List<Double> ticks = new ArrayList<>();
    for (long i = Math.round(low / distance); i <= Math.round(high / distance); i++) {
      ticks.add(i * distance);
    }
    return new Axis(label, low, high, Scale.LINEAR, ticks);
  }

  /** Returns where a value lies, from 0 at the low end to 1 at the high one. */
  double part(double value) {
    if (high <= low) {
      return 0.5;
    }
    return scale == Scale.LINEAR
        ? (value - low) / (high - low)
        : Math.log(value / low) / Math.log(high / low);
  }

  /** Returns a tick as it is written: all of an axis with as many decimals as they need. */
  String text(double tick) {
    if (scale == Scale.LOGARITHMIC) {
      return String.format(Locale.ROOT, tick >= 1 ? "%,.0f" : "%.3g", tick);
    }
    double distance = ticks.size() > 1 ? ticks.get(1) - ticks.get(0) : 1;
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(distance) + 1e-9));
    return String.format(Locale.ROOT, "%,." + decimals + "f", tick);
  }
}
