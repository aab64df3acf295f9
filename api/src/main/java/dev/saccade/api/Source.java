package dev.saccade.api;

/** Where the keys and values come from. */
public enum Source {
  /** The sequence that asks: S = T, and query i stands at the position of key i. */
  SELF,
  /** Another sequence, as in an encoder-decoder: S and T are unrelated. */
  CROSS
}
