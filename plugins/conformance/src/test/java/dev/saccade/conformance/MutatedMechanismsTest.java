package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.saccade.api.AttentionMechanism;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

/** The kit finds every mistake, and by the tests that are about it. */
class MutatedMechanismsTest {

  private static final String MISTAKE = "mistake";
  private static final String NONE = "none";

  /** Runs inside the test kit, on the mechanism that a configuration parameter names. */
  @ExtendWith(NamedMechanism.class)
  static class OnTrial extends AttentionMechanismConformance {

    private final AttentionMechanism mechanism;

    OnTrial(AttentionMechanism mechanism) {
      this.mechanism = mechanism;
    }

    @Override
    protected AttentionMechanism mechanism() {
      return mechanism;
    }
  }

  static final class NamedMechanism implements ParameterResolver {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == AttentionMechanism.class;
    }

    @Override
    public AttentionMechanism resolveParameter(
        ParameterContext parameter, ExtensionContext context) {
      String mistake = context.getConfigurationParameter(MISTAKE).orElseThrow();
      return MutatedMechanisms.all().stream()
          .filter(each -> each.mistake().equals(mistake))
          .map(MutatedMechanism::mechanism)
          .findFirst()
          .orElseGet(MutatedMechanisms::correct);
    }
  }

  @Test
  void the_correct_mechanism_passes_everything() {
    Events tests = run(NONE).testEvents();

    tests.assertStatistics(statistics -> statistics.failed(0));
    assertThat(tests.succeeded().count()).isGreaterThan(100);
  }

  @Test
  void every_mistake_has_a_name_of_its_own() {
    assertThat(MutatedMechanisms.all().stream().map(MutatedMechanism::mistake))
        .doesNotHaveDuplicates()
        .hasSizeGreaterThan(20);
  }

  /** A test that no mistake fails may as well not be there. */
  @Test
  void every_test_of_the_kit_finds_some_mistake() {
    Set<String> idle = new TreeSet<>();
    for (Method method : AttentionMechanismConformance.class.getDeclaredMethods()) {
      if (method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(TestFactory.class)) {
        idle.add(method.getName());
      }
    }

    MutatedMechanisms.all().forEach(each -> idle.removeAll(each.caughtBy()));

    // The API itself keeps these two promises; the kit makes sure that it goes on to.
    assertThat(idle)
        .containsExactly(
            "unknown_options_are_refused", "wrong_option_values_are_refused_with_the_range");
  }

  @TestFactory
  Stream<DynamicTest> every_mistake_is_found_by_the_tests_that_are_about_it() {
    return MutatedMechanisms.all().stream()
        .map(
            mutated ->
                dynamicTest(
                    mutated.mistake(),
                    () ->
                        assertThat(failing(run(mutated.mistake()).testEvents()))
                            .isEqualTo(new TreeSet<>(mutated.caughtBy()))));
  }

  private static EngineExecutionResults run(String mistake) {
    return EngineTestKit.engine("junit-jupiter")
        .configurationParameter(MISTAKE, mistake)
        .selectors(selectClass(OnTrial.class))
        .execute();
  }

  /** The methods of the kit in which a test failed. */
  private static Set<String> failing(Events tests) {
    return tests.failed().stream()
        .map(MutatedMechanismsTest::method)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Dynamic tests are under their factory. */
  private static String method(Event event) {
    return event.getTestDescriptor().getUniqueId().getSegments().stream()
        .filter(segment -> Set.of("method", "test-factory").contains(segment.getType()))
        .map(UniqueId.Segment::getValue)
        .map(value -> value.substring(0, value.indexOf('(')))
        .findFirst()
        .orElseThrow();
  }
}
