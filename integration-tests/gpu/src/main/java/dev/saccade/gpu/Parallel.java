package dev.saccade.gpu;

import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Loops whose turns do not depend on each other. */
final class Parallel {

  private Parallel() {}

  /** Calls {@code each} for 0 … count − 1, on all cores. */
  static void forEach(int count, IntConsumer each) {
    IntStream.range(0, count).parallel().forEach(each);
  }
}
