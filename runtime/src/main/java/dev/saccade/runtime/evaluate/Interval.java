package dev.saccade.runtime.evaluate;

/** Between which values a figure lies with some confidence. */
public record Interval(double low, double high) {

  /** Whether a value lies in it. */
  public boolean contains(double value) {
    return low <= value && value <= high;
  }
}
