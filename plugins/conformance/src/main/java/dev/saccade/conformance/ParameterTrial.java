package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.Feature;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Parameters are all that a layer remembers: declared once, created, saved and loaded by others.
 */
final class ParameterTrial {

  /** Another seed than that of layers on trial. */
  private static final long SEED = 2;

  private final Subject subject;

  ParameterTrial(Subject subject) {
    this.subject = subject;
  }

  /** The declaration, without the initialiser, which has no equality. */
  private record Declared(String name, Shape shape, Parameter.Update update) {

    static List<Declared> by(AttentionLayer layer) {
      return layer.parameters().stream()
          .map(each -> new Declared(each.name(), each.shape(), each.update()))
          .toList();
    }
  }

  Stream<DynamicTest> declaredAlike() {
    return over(
        trial -> {
          AttentionLayer layer = trial.layer();
          List<Declared> declared = Declared.by(layer);
          assertThat(Declared.by(layer)).as("parameters() again").isEqualTo(declared);
          assertThat(Declared.by(trial.layer()))
              .as("parameters() of another layer of the same spec")
              .isEqualTo(declared);
          assertThat(declared.stream().map(Declared::name))
              .as("names of parameters")
              .doesNotHaveDuplicates()
              .allSatisfy(name -> assertThat(name).matches("[a-z0-9_-]+(\\.[a-z0-9_-]+)*"));
        });
  }

  Stream<DynamicTest> initialisersArePure() {
    return over(
        trial -> {
          for (Parameter parameter : trial.layer().parameters()) {
            double[] first = drawn(parameter, SEED);
            assertThat(drawn(parameter, SEED))
                .as("values of %s from the same random numbers", parameter.name())
                .isEqualTo(first);
            assertThat(first)
                .as("values of %s of shape %s", parameter.name(), parameter.shape())
                .hasSize(Math.toIntExact(parameter.shape().elements()));
            assertThat(Arrays.stream(first).allMatch(Double::isFinite))
                .as("values of %s are finite", parameter.name())
                .isTrue();
          }
        });
  }

  /** A layer with other parameters, given those of the first, computes the same. */
  Stream<DynamicTest> savedAndLoaded() {
    return over(
        trial -> {
          LayerInputs inputs = inputs(trial);
          try (RunningLayer saved = trial.run(trial.size(trial.length()));
              RunningLayer loaded =
                  RunningLayer.of(new InstalledLayer(trial, SEED), trial.size(trial.length()))) {
            TensorValues expected = saved.context(inputs);
            loaded.context(inputs); // with its own parameters, of which nothing may stay
            Map<String, TensorValues> file = new TreeMap<>();
            saved
                .slot()
                .parameters()
                .forEach((name, values) -> file.put(name, TensorValues.of(values)));
            file.forEach((name, values) -> assign(loaded, name, values));
            TensorValues actual = loaded.context(inputs);
            TensorAssert context =
                assertThatTensor(actual)
                    .as("context with parameters %s of another layer", file.keySet());
            if (trial.has(Feature.DETERMINISTIC)) {
              context.hasBitsOf(expected);
            } else {
              context.isCloseTo(expected, Rounding.of(trial, trial.length(), expected));
            }
          }
        });
  }

  Stream<DynamicTest> redrawn() {
    List<Case> cases =
        cases().stream()
            .filter(
                trial ->
                    trial.layer().parameters().stream()
                        .anyMatch(each -> each.update() instanceof Parameter.Redrawn))
            .toList();
    return Trials.over(
        cases,
        "has no parameters that are redrawn",
        trial -> {
          try (RunningLayer layer = trial.run(trial.size(trial.length()))) {
            TensorValues before = layer.context(inputs(trial));
            for (Parameter parameter : trial.layer().parameters()) {
              if (parameter.update() instanceof Parameter.Redrawn) {
                TensorValues values =
                    TensorValues.of(drawn(parameter, SEED), parameter.shape().toArray());
                assign(layer, parameter.name(), values);
              }
            }
            TensorValues after = layer.context(inputs(trial));
            assertThatTensor(after).as("context after a redraw").isFinite();
            assertThat(after).as("context after a redraw").isNotEqualTo(before);
          }
        });
  }

  private List<Case> cases() {
    return subject.cases(masking -> true).stream()
        .filter(trial -> !trial.layer().parameters().isEmpty())
        .toList();
  }

  private Stream<DynamicTest> over(Consumer<Case> body) {
    return Trials.over(cases(), "has no parameters", body);
  }

  private static LayerInputs inputs(Case trial) {
    return LayerInputs.gaussian(trial.spec(), trial.size(trial.length()), 61);
  }

  private static double[] drawn(Parameter parameter, long seed) {
    return parameter.initializer().values(parameter.shape(), new SplittableRandom(seed));
  }

  private static void assign(RunningLayer layer, String name, TensorValues values) {
    INDArray array = Objects.requireNonNull(layer.slot().parameters().get(name), name);
    INDArray source = values.toArray(array.dataType());
    array.assign(source);
    source.close();
  }
}
