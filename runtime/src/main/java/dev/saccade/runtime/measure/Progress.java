package dev.saccade.runtime.measure;

/** Told how far long work has come. Called from the working thread, often; must return quickly. */
public interface Progress {

  /** Nobody is watching. */
  Progress NONE = (what, done, steps) -> {};

  /**
   * Tells where the work is.
   *
   * @param what is going on, in a few words
   * @param done how many steps are done
   * @param steps how many there are
   */
  void at(String what, int done, int steps);

  /**
   * Tells that a mechanism broke. Its own part of the work ends here, that of the others goes on.
   *
   * @param cause what it threw, for those who mend it
   */
  default void broke(String mechanism, Throwable cause) {}
}
