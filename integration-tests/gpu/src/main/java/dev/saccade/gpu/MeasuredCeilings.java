package dev.saccade.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What the GPU can do at most, as {@link Ceilings} found it; zeros, if it did not.
 *
 * @param triad bytes a second
 * @param fma FLOP a second, of ordinary multiply-adds
 * @param mma FLOP a second, of tensor cores
 */
record MeasuredCeilings(double triad, double fma, double mma) {

  static MeasuredCeilings of(Results results) {
    ObjectNode section = results.section(Ceilings.SECTION);
    return new MeasuredCeilings(
        section.path(Ceilings.TRIAD).path("bytesPerSecond").asDouble(),
        section.path(Ceilings.FMA).path("flopPerSecond").asDouble(),
        section.path(Ceilings.MMA).path("flopPerSecond").asDouble());
  }

  boolean known() {
    return triad > 0 && fma > 0 && mma > 0;
  }

  /**
   * The floors of stages one after the other, in milliseconds.
   *
   * @param arithmetic FLOP a second
   */
  double millis(Iterable<JsonNode> floors, double arithmetic) {
    double millis = 0;
    for (JsonNode each : floors) {
      millis +=
          new Floor("", each.path("bytes").asDouble(), each.path("flop").asDouble())
              .millis(triad, arithmetic);
    }
    return millis;
  }
}
