package dev.saccade.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.ElementType;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.TestMechanism;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GateTest {

  private static final BenchSettings SETTINGS =
      new BenchSettings(
          List.of(),
          Map.of(),
          List.of(37),
          List.of(Direction.FORWARD),
          BenchSettings.defaults().masking(),
          2,
          5,
          2,
          0.1,
          1,
          42,
          "");

  private final PluginKernels kernels = PluginKernels.register("none", "the test", List.of());

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @AfterEach
  void close() {
    kernels.retire(Duration.ZERO);
  }

  private Gate gate(TestMechanism mechanism, Direction direction) {
    return Gate.of(mechanism, kernels, Map.of(), direction, SETTINGS);
  }

  @ParameterizedTest
  @EnumSource(names = {"FORWARD", "TRAINING"})
  void a_mechanism_that_is_right_passes(Direction direction) {
    Gate gate = gate(TestMechanism.softmax(), direction);

    assertThat(gate.isGreen()).isTrue();
    assertThat(gate.error()).isBetween(1e-9, 1e-6);
  }

  @Test
  void one_that_is_wrong_in_float32_only_does_not() {
    TestMechanism wrong =
        TestMechanism.of(
            "wrong",
            (graph, query, key, value, mask) ->
                AttentionOutput.of(
                    graph.spec().elementType() == ElementType.F32 ? value.mul(1.01) : value));

    Gate gate = gate(wrong, Direction.FORWARD);

    assertThat(gate.isGreen()).isFalse();
    assertThat(gate.error()).isCloseTo(0.01, within(1e-5));
  }

  @Test
  void what_is_no_number_is_infinitely_wrong() {
    assertThat(Gate.error(new double[] {1, Double.NaN}, new double[] {1, 2})).isInfinite();
    assertThat(Gate.error(new double[] {1}, new double[] {1, 2})).isInfinite();
    assertThat(Gate.error(new double[] {0, 0}, new double[] {0, 0})).isZero();
    assertThat(Gate.error(new double[] {3, 5}, new double[] {3, 4})).isCloseTo(0.2, within(1e-12));
  }
}
