package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs every golden case of a mechanism, prints case × worst error, and fails if any result is off,
 * missing, or if no case ran.
 */
final class GoldenTable {

  /** The same result by a float64 run of the published implementation. */
  private static final String IN_DOUBLE = "f64.";

  private final List<String> failures = new ArrayList<>();
  private final Set<String> casesCompared = new TreeSet<>();
  private final StringBuilder table = new StringBuilder();

  private GoldenTable() {}

  /**
   * Runs every case.
   *
   * @param inRepository how many cases there are without {@code -Dgolden.dir}
   * @param computed what our implementation computes for a case, by the names of the golden tensors
   */
  static void check(
      GoldenFamily family, int inRepository, Function<GoldenCase, Map<String, INDArray>> computed) {
    GoldenTable table = new GoldenTable();
    List<GoldenCase> cases = GoldenCase.of(family);
    cases.forEach(golden -> table.compare(golden, computed.apply(golden)));
    int least = System.getProperty("golden.dir") == null ? inRepository : 1;
    System.out.printf(
        "%n%-36s %-22s %10s %10s%n%s%d cases of %s%n",
        "golden case", "tensor", "worst", "allowed", table.table, cases.size(), family);
    assertThat(table.casesCompared).as("golden cases of " + family).hasSameSizeAs(cases);
    assertThat(cases).as("golden cases of " + family).hasSizeGreaterThanOrEqualTo(least);
    assertThat(table.failures).isEmpty();
  }

  private void compare(GoldenCase golden, Map<String, INDArray> computed) {
    Set<String> missing = new TreeSet<>();
    golden.tensors().keySet().stream()
        .filter(tensor -> tensor.matches("(f64\\.)?(x|out)\\..*"))
        .forEach(
            tensor -> {
              INDArray actual = computed.get(tensor.replace(IN_DOUBLE, ""));
              if (actual == null) {
                missing.add(tensor);
              } else {
                compare(golden, tensor, actual);
              }
            });
    if (!missing.isEmpty()) {
      failures.add("%s: %s not computed".formatted(golden.name(), missing));
    }
  }

  /** Errors are relative to the greatest element of the expected tensor. */
  private void compare(GoldenCase golden, String tensor, INDArray actual) {
    INDArray expected = golden.tensor(tensor);
    double scale = TensorDifference.greatest(expected);
    double worst = TensorDifference.worst(golden.name() + " " + tensor, actual, expected) / scale;
    double allowed = golden.relativeTolerance();
    boolean close = worst <= allowed; // false for NaN
    casesCompared.add(golden.name());
    table.append(
        "%-36s %-22s %10.1e %10.1e%s%n"
            .formatted(golden.name(), tensor, worst, allowed, close ? "" : "  FAILS"));
    if (!close) {
      failures.add(
          "%s %s is off by %s of its greatest element, allowed are %s"
              .formatted(golden.name(), tensor, worst, allowed));
    }
  }
}
