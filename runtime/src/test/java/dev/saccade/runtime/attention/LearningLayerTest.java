package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.PlainSoftmax;
import dev.saccade.runtime.fixture.TestMechanism;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class LearningLayerTest {

  private static final int B = 2;
  private static final int H = 6;
  private static final int K = 3;
  private static final int T = 5;
  private static final int D = 7;
  private static final LayerSize SIZE = LayerSize.self(B, T);

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels = PluginKernels.register("none", "the test", List.of());

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @AfterEach
  void close() {
    kernels.retire(Duration.ZERO);
    parameters.close();
  }

  /** Exact attention times a gain that is learned; it should come to be one. */
  private record Gained() implements AttentionLayer {

    @Override
    public List<Parameter> parameters() {
      return List.of(Parameter.trained("gain", Shape.of(1), Initializer.constant(3)));
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      SDVariable exact = new PlainSoftmax().attend(graph, query, key, value, mask).context();
      SDVariable context = exact.mul(graph.parameter("gain"));
      return AttentionOutput.of(context)
          .withObjective(
              teacher -> {
                SDVariable off = context.sub(teacher.context());
                SDVariable size = teacher.query().mul(teacher.query()).mean();
                return List.of(
                    new LossTerm("context", off.mul(off).mean(), 0.5),
                    new LossTerm("size", size, 0.25));
              });
    }
  }

  private AttentionSlot slot(TestMechanism mechanism, AttentionSpec spec) {
    return new SlotFactory(parameters).fill("layer.0", mechanism, kernels, spec, Map.of());
  }

  private static AttentionSpec spec(Masking masking) {
    return AttentionSpec.multiHead(H, D).withMasking(masking).withElementType(ElementType.F64);
  }

  private static INDArray gaussian(int seed, long... shape) {
    Random random = new Random(seed);
    double[] values = new double[(int) Shape.of(shape).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  private static Map<String, INDArray> inputs(AttentionSpec spec) {
    return inputs(spec, T);
  }

  private static Map<String, INDArray> inputs(AttentionSpec spec, int length) {
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    INDArray query = gaussian(1, B, H, length, D);
    INDArray key = gaussian(2, B, spec.kvHeads(), length, D);
    INDArray value = gaussian(3, B, spec.kvHeads(), length, D);
    inputs.put(SingleLayer.QUERY, query);
    inputs.put(SingleLayer.KEY, key);
    inputs.put(SingleLayer.VALUE, value);
    inputs.put(LearningLayer.TEACHER_QUERY, query);
    inputs.put(LearningLayer.TEACHER_KEY, key);
    inputs.put(LearningLayer.TEACHER_VALUE, value);
    if (spec.masking().padded()) {
      INDArray real = Nd4j.ones(query.dataType(), B, length);
      real.putScalar(1, length - 1, 0);
      inputs.put(SingleLayer.REAL, real);
    }
    return inputs;
  }

  /** Each key head twice, one after the other. */
  private static INDArray repeated(INDArray heads) {
    INDArray[] all = new INDArray[H];
    for (int h = 0; h < H; h++) {
      all[h] = heads.get(NDArrayIndex.all(), NDArrayIndex.interval(h / (H / K), h / (H / K) + 1));
    }
    return Nd4j.concat(1, all);
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void the_teacher_attends_exactly_under_every_mask(Masking masking) {
    AttentionSpec spec = spec(masking);

    try (AttentionSlot slot = slot(TestMechanism.of("gained", new Gained()), spec);
        LearningLayer layer = new LearningLayer(slot, SIZE)) {
      slot.parameters().values().forEach(gain -> gain.assign(1));
      try (GraphOutputs outputs = layer.run(inputs(spec))) {

        assertThat(layer.terms()).containsExactly("context", "size");
        assertThat(outputs.scalar(LearningLayer.term("context"))).isCloseTo(0, within(1e-28));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void the_teacher_attends_exactly_to_many_keys_without_a_matrix(Masking masking) {
    AttentionSpec spec = spec(masking).withElementType(ElementType.F32);
    Map<String, INDArray> inputs = inputs(spec, 307);
    inputs.replaceAll((name, array) -> array.castTo(DataType.FLOAT));

    try (AttentionSlot slot = slot(TestMechanism.of("gained", new Gained()), spec);
        LearningLayer layer = new LearningLayer(slot, LayerSize.self(B, 307))) {
      slot.parameters().values().forEach(gain -> gain.assign(1));
      try (GraphOutputs outputs = layer.run(inputs)) {

        // The mean square of a few roundings of numbers around one.
        assertThat(outputs.scalar(LearningLayer.term("context"))).isCloseTo(0, within(1e-13));
      }
    }
  }

  @Test
  void the_loss_is_the_weighted_sum_and_its_gradient_reaches_the_parameter() {
    AttentionSpec spec = spec(Masking.CAUSAL);

    try (AttentionSlot slot = slot(TestMechanism.of("gained", new Gained()), spec);
        LearningLayer layer = new LearningLayer(slot, SIZE);
        GraphOutputs outputs = layer.gradients(inputs(spec), List.of("layer.0.gained.gain"))) {

      double context = outputs.scalar(LearningLayer.term("context"));
      double size = outputs.scalar(LearningLayer.term("size"));
      assertThat(outputs.scalar(LearningLayer.LOSS))
          .isCloseTo(0.5 * context + 0.25 * size, within(1e-12));
      // The error is (gain − 1)²·mean(context²), so its derivative is 2/(gain − 1) of it.
      assertThat(outputs.scalar("layer.0.gained.gain")).isCloseTo(0.5 * context, within(1e-12));
    }
  }

  /** Shows the teacher's context as a loss, one number for each way to weigh it. */
  private static TestMechanism showingTheTeacher() {
    TestMechanism any =
        TestMechanism.of(
            "showing",
            (graph, query, key, value, mask) -> {
              SDVariable weighing =
                  graph.sameDiff().constant(gaussian(4, B, H, T, D).castTo(query.dataType()));
              return AttentionOutput.of(query)
                  .withObjective(
                      teacher ->
                          List.of(new LossTerm("shown", teacher.context().mul(weighing).sum(), 1)));
            });
    return any.withCapabilities(any.capabilities().withFeatures(Feature.GROUPED_HEADS));
  }

  @Test
  void the_teachers_query_heads_share_key_heads_without_a_matrix_too() {
    AttentionSpec grouped = spec(Masking.CAUSAL).withKvHeads(K);
    Map<String, INDArray> inputs = inputs(grouped);
    Map<String, INDArray> narrow = new LinkedHashMap<>(inputs);
    narrow.replaceAll((name, array) -> array.castTo(DataType.FLOAT));

    double actual = shown(grouped.withElementType(ElementType.F32), narrow);

    assertThat(actual).isCloseTo(shown(grouped, inputs), within(1e-4));
  }

  private double shown(AttentionSpec spec, Map<String, INDArray> inputs) {
    try (AttentionSlot slot = slot(showingTheTeacher(), spec);
        LearningLayer layer = new LearningLayer(slot, SIZE);
        GraphOutputs outputs = layer.run(inputs)) {
      return outputs.scalar(LearningLayer.LOSS);
    }
  }

  @Test
  void the_teachers_query_heads_share_key_heads() {
    AttentionSpec grouped = spec(Masking.NONE).withKvHeads(K);
    Map<String, INDArray> few = inputs(grouped);
    Map<String, INDArray> repeated = new LinkedHashMap<>(few);
    repeated.replaceAll((name, array) -> array.size(1) == K ? repeated(array) : array);

    double actual = shown(grouped, few);

    assertThat(actual).isCloseTo(shown(spec(Masking.NONE), repeated), within(1e-12));
  }

  @Test
  void a_mechanism_without_an_objective_is_named() {
    try (AttentionSlot slot = slot(TestMechanism.softmax(), spec(Masking.NONE))) {
      assertThatThrownBy(() -> new LearningLayer(slot, SIZE))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("softmax has no distillation objective of its own");
    }
  }
}
