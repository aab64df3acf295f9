package dev.saccade.runtime.evaluate;

/** A part of what was read that may be taken for independent of the others. */
interface Sample {

  /** How many of its tokens count. */
  long scored();

  /** The sum of −log p over them. */
  double nats();
}
