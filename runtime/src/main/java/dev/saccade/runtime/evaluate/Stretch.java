package dev.saccade.runtime.evaluate;

/** A stretch of a text, as long as a window or a little longer. */
record Stretch(long scored, double nats) implements Sample {}
