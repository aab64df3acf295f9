package dev.saccade.api;

/** Which keys a query may see. */
public enum Masking {
  /** All of them. */
  NONE(false, false),
  /** The real ones; padding behind or before them is invisible. */
  PADDING(false, true),
  /** Those at its own position and before it. */
  CAUSAL(true, false),
  /** The real ones at its own position and before it. */
  CAUSAL_PADDING(true, true);

  private final boolean causal;
  private final boolean padded;

  Masking(boolean causal, boolean padded) {
    this.causal = causal;
    this.padded = padded;
  }

  /** Whether keys after the query's own position are invisible. */
  public boolean causal() {
    return causal;
  }

  /** Whether the sequences of a batch may differ in length, so that some keys are padding. */
  public boolean padded() {
    return padded;
  }
}
