package dev.saccade.conformance;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** Turns cases into tests that show in reports by name. */
final class Trials {

  private Trials() {}

  /**
   * One test a case; when there is none, one that is skipped and says why.
   *
   * @param otherwise such as "declares no causal masking"
   */
  static Stream<DynamicTest> over(List<Case> cases, String otherwise, Consumer<Case> body) {
    return cases.isEmpty()
        ? skipped(otherwise)
        : cases.stream().map(each -> dynamicTest(each.toString(), () -> body.accept(each)));
  }

  /** Nothing to try. */
  static Stream<DynamicTest> skipped(String reason) {
    return Stream.of(dynamicTest(reason, () -> Assumptions.abort(reason)));
  }
}
