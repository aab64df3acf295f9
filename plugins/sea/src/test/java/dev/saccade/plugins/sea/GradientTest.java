package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.api.option.Options;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Gradients of the context and of the distillation against central differences in float64, along a
 * random direction through all elements of a tensor at once: an error in any of them shows.
 */
class GradientTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int T = 5;
  private static final int D = 7;
  private static final double STEP = 1e-6;

  /** The loss is of the order of one; the difference quotient keeps about nine digits of it. */
  private static final double TOLERANCE = 2e-7;

  private final RandomGenerator random = new SplittableRandom(20240511);

  @ParameterizedTest
  @EnumSource(Grouping.class)
  void inputs_and_parameters_have_the_gradient_of_the_context(Grouping grouping) {
    assertGradients(options().with(SeaOptions.GROUPING, grouping), null);
  }

  @Test
  void padding_keeps_gradients_right() {
    assertGradients(
        options(), Nd4j.createFromArray(new double[][] {{1, 1, 1, 1, 1}, {1, 1, 1, 0, 0}}));
  }

  @Test
  void a_sequence_of_nothing_but_padding_keeps_gradients_right() {
    assertGradients(
        options(), Nd4j.createFromArray(new double[][] {{0, 1, 1, 1, 0}, {0, 0, 0, 0, 0}}));
  }

  @Test
  void a_joint_encoder_has_the_gradient_of_the_context() {
    assertGradients(options().with(SeaOptions.JOINT_ENCODER, true), null);
  }

  @Test
  void without_the_row_gate_the_rest_has_the_gradient_of_the_context() {
    assertGradients(options().with(SeaOptions.SCALER, false), null);
  }

  @ParameterizedTest
  @CsvSource({
    "causal-batch, 8, false, 1, all",
    "query, 4, true, 1, all",
    "causal-batch, 11, false, 2, at-most-k",
  })
  void causal_attention_has_the_gradient_of_the_context(
      String grouping, String width, String deeper, String every, String keys) {
    Options options =
        Options.parse(
            SeaOptions.SCHEMA,
            Map.of(
                "grouping", grouping,
                "width", width,
                "deeper", deeper,
                "estimate-every", every,
                "keys", keys));

    assertGradients(options, Masking.CAUSAL, null);
  }

  @Test
  void causal_padding_keeps_gradients_right() {
    assertGradients(
        options(),
        Masking.CAUSAL_PADDING,
        Nd4j.createFromArray(new double[][] {{0, 1, 1, 1, 0}, {0, 0, 0, 0, 0}}));
  }

  private static Options options() {
    return Options.defaults(SeaOptions.SCHEMA).with(SeaOptions.WIDTH, 8);
  }

  private void assertGradients(Options options, @Nullable INDArray real) {
    assertGradients(options, real == null ? Masking.NONE : Masking.PADDING, real);
  }

  private void assertGradients(Options options, Masking masking, @Nullable INDArray real) {
    AttentionSpec spec =
        AttentionSpec.multiHead(H, D)
            .withMaxPositions(11)
            .withElementType(ElementType.F64)
            .withMasking(masking);
    SeaLayer layer = new SeaLayer(spec, SeaOptions.from(options));
    TestGraph graph =
        new TestGraph(spec, B, T, 2, Set.of()).withParameters(layer.parameters(), random);
    AttentionOutput output =
        layer.attend(
            graph,
            graph.input("query", gaussian(B, H, T, D)),
            graph.input("key", gaussian(B, H, T, D)),
            graph.input("value", gaussian(B, H, T, D)),
            graph.mask(real));
    SDVariable loss = loss(graph.sameDiff(), output).rename("loss");
    graph.sameDiff().setLossVariables("loss");
    Map<String, INDArray> arrays = graph.arrays();
    arrays.remove(SeaParameters.PROJECTION); // redrawn, not trained

    Map<String, INDArray> gradients =
        graph.sameDiff().calculateGradients(Map.of(), arrays.keySet().toArray(String[]::new));

    arrays.forEach(
        (name, array) -> {
          INDArray direction = gaussian(array.shape());
          double expected = slope(loss, array, direction);
          INDArray gradient = Objects.requireNonNull(gradients.get(name), name);
          assertThat(gradient.mul(direction).sumNumber().doubleValue())
              .as("derivative of the loss along %s", name)
              .isCloseTo(expected, within(TOLERANCE));
        });
  }

  /** The context weighed by any numbers, and the distillation from any teacher. */
  private SDVariable loss(SameDiff sd, AttentionOutput output) {
    SDVariable loss = output.context().mul(sd.constant(gaussian(B, H, T, D))).mean();
    GoldenTeacher teacher = GoldenTeacher.of(sd, gaussian(B, H, T, T), gaussian(B, H, T, D));
    for (LossTerm term : output.objective().orElseThrow().terms(teacher)) {
      loss = loss.add(term.value().mul(term.weight()));
    }
    return loss;
  }

  private static double slope(SDVariable loss, INDArray array, INDArray direction) {
    array.addi(direction.mul(STEP));
    double ahead = loss.eval().getDouble(0);
    array.subi(direction.mul(2 * STEP));
    double behind = loss.eval().getDouble(0);
    array.addi(direction.mul(STEP));
    return (ahead - behind) / (2 * STEP);
  }

  private INDArray gaussian(long... shape) {
    long elements = 1;
    for (long axis : shape) {
      elements *= axis;
    }
    double[] values = new double[Math.toIntExact(elements)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).castTo(DataType.DOUBLE).reshape(shape);
  }
}
