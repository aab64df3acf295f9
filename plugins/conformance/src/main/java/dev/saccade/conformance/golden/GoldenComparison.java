package dev.saccade.conformance.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What was computed for one golden case, side by side with what the case holds. Made by {@link
 * GoldenReport#check}, which afterwards fails for every tensor that is off and for every one that
 * was neither compared nor left out with a reason.
 */
public final class GoldenComparison {

  /** One tensor: how far off, and how far it may be. */
  record Line(String tensor, double error, double allowed) {

    boolean close() {
      return error <= allowed; // false for NaN
    }

    /** How much of the allowance is used up; the worst line is the one with most. */
    double used() {
      return error == 0 ? 0 : error / allowed; // of nothing allowed: infinite, or NaN
    }
  }

  private final GoldenCase golden;
  private final List<Line> compared = new ArrayList<>();
  private final Map<String, String> leftOut = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  GoldenComparison(GoldenCase golden) {
    this.golden = golden;
  }

  /**
   * Compares a result with the tensor of that name, by the case's own {@link GoldenCase#allowed}.
   */
  public void tensor(String name, INDArray actual) {
    tensor(name, actual, golden.allowed(name));
  }

  /**
   * Compares a result with the tensor of that name. Numbers beyond 1e30 hide something and are not
   * compared; NaN is close to nothing.
   *
   * @param allowed by how much each number may be off
   */
  public void tensor(String name, INDArray actual, double allowed) {
    long[] shape = golden.shape(name);
    if (!Arrays.equals(actual.shape(), shape)) {
      compared.add(new Line(name, Double.NaN, allowed));
      failures.add(
          "%s must be %s but is %s"
              .formatted(name, Arrays.toString(shape), Arrays.toString(actual.shape())));
      return;
    }
    double[] expected = golden.numbers(name);
    double[] numbers = actual.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    int worst = -1;
    double error = 0;
    int off = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Math.abs(expected[i]) >= GoldenCase.HIDDEN) {
        continue;
      }
      double difference = Math.abs(numbers[i] - expected[i]);
      off += difference <= allowed ? 0 : 1;
      if (!(difference <= error)) {
        worst = i;
        error = difference;
        if (Double.isNaN(error)) {
          off = expected.length - i;
          break;
        }
      }
    }
    Line line = new Line(name, error, allowed);
    compared.add(line);
    if (!line.close()) {
      failures.add(
          "%s: %d of %d numbers are off; the worst, %s, is %s but should be %s (allowed ±%s)"
              .formatted(
                  name,
                  off,
                  expected.length,
                  index(worst, shape),
                  numbers[worst],
                  expected[worst],
                  allowed));
    }
  }

  private static String index(int flat, long[] shape) {
    long[] index = new long[shape.length];
    long rest = flat;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return Arrays.toString(index);
  }

  /** Leaves a tensor out on purpose. The report counts the reasons. */
  public void leaveOut(String tensor, String reason) {
    leftOut.put(tensor, reason);
  }

  /** Adds failures for the tensors with one of the prefixes that nobody has looked at. */
  void requireAll(Set<String> prefixes) {
    Set<String> missing = new TreeSet<>(golden.names());
    missing.removeIf(tensor -> prefixes.stream().noneMatch(tensor::startsWith));
    missing.removeAll(leftOut.keySet());
    compared.forEach(line -> missing.remove(line.tensor()));
    if (!missing.isEmpty()) {
      failures.add("nothing was compared with " + String.join(", ", missing));
    }
  }

  GoldenCase golden() {
    return golden;
  }

  List<Line> compared() {
    return compared;
  }

  Map<String, String> leftOut() {
    return leftOut;
  }

  List<String> failures() {
    return failures;
  }
}
