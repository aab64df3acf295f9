package dev.saccade.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;

/** What lines of times by length say. */
final class Growth {

  private static final int LEAST_POINTS = 3;

  private Growth() {}

  /**
   * The e of time = c·Tᵉ that fits best, by least squares of logarithms; of three points at least.
   */
  static OptionalDouble exponent(SortedMap<Integer, Double> line) {
    int count = line.size();
    if (count < LEAST_POINTS) {
      return OptionalDouble.empty();
    }
    double meanX = line.keySet().stream().mapToDouble(Math::log).average().orElseThrow();
    double meanY = line.values().stream().mapToDouble(Math::log).average().orElseThrow();
    double products = 0;
    double squares = 0;
    for (Map.Entry<Integer, Double> point : line.entrySet()) {
      double x = Math.log(point.getKey()) - meanX;
      products += x * (Math.log(point.getValue()) - meanY);
      squares += x * x;
    }
    return OptionalDouble.of(products / squares);
  }

  /**
   * Says from which length on a line is below another, at all longer ones that both have; between
   * two lengths the crossing of straight lines through logarithms.
   */
  static String crossing(SortedMap<Integer, Double> line, SortedMap<Integer, Double> other) {
    List<Integer> common = new ArrayList<>(line.keySet());
    common.retainAll(other.keySet());
    if (common.isEmpty()) {
      return "not compared";
    }
    int first = common.size();
    while (first > 0 && ratio(line, other, common.get(first - 1)) < 1) {
      first--;
    }
    if (first == common.size()) {
      return "not up to %,d".formatted(common.get(first - 1));
    }
    if (first == 0) {
      return "%,d or less".formatted(common.get(0));
    }
    int before = common.get(first - 1);
    int after = common.get(first);
    double above = Math.log(ratio(line, other, before));
    double below = Math.log(ratio(line, other, after));
    double part = above / (above - below);
    return "%,.0f".formatted(before * Math.pow((double) after / before, part));
  }

  private static double ratio(
      SortedMap<Integer, Double> line, SortedMap<Integer, Double> other, int length) {
    return line.getOrDefault(length, Double.NaN) / other.getOrDefault(length, Double.NaN);
  }
}
