package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import dev.saccade.api.option.Options;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A layer in a float64 graph of its own with random inputs and parameters, the same ones every
 * time, keeping k = 2.
 */
record RandomLayer(TestGraph graph, SeaOptions options, AttentionOutput output) {

  static final int H = 3;
  static final int D = 7;
  static final int POSITIONS = 131;
  static final int K = 2;

  /**
   * @param real {@code [batch, length]}; null if nothing is padded
   */
  static RandomLayer of(
      Options texts, Masking masking, int batch, int length, @Nullable INDArray real) {
    SeaOptions options = SeaOptions.from(texts.with(SeaOptions.KEPT, K));
    SeaLayer layer = new SeaLayer(spec(masking), options);
    return of(layer, batch, length, real, Set.copyOf(layer.probes()));
  }

  static RandomLayer of(
      SeaLayer layer, int batch, int length, @Nullable INDArray real, Set<Probe> probes) {
    TestGraph graph =
        new TestGraph(layer.spec(), batch, length, K, probes)
            .withParameters(layer.parameters(), new SplittableRandom(17));
    SplittableRandom random = new SplittableRandom(23);
    long[] shape = {batch, H, length, D};
    AttentionOutput output =
        layer.attend(
            graph,
            graph.input("query", gaussian(random, shape)),
            graph.input("key", gaussian(random, shape)),
            graph.input("value", gaussian(random, shape)),
            graph.mask(real));
    return new RandomLayer(graph, layer.options(), output);
  }

  static AttentionSpec spec(Masking masking) {
    return AttentionSpec.multiHead(H, D)
        .withMaxPositions(POSITIONS)
        .withElementType(ElementType.F64)
        .withMasking(masking);
  }

  /** {@code [B, H, T, D]}. */
  INDArray context() {
    return value(output.context());
  }

  INDArray show(Probe probe) {
    ProbeValue value = Objects.requireNonNull(output.probes().get(probe), probe.name());
    return value(((ProbeValue.Dense) value).values());
  }

  INDArray input(String name) {
    return Objects.requireNonNull(graph.arrays().get(name), name);
  }

  void assertFinite() {
    Map<String, INDArray> shown = new LinkedHashMap<>();
    shown.put("context", context());
    output.probes().keySet().forEach(probe -> shown.put(probe.name(), show(probe)));
    shown.forEach(
        (name, array) ->
            assertThat(array.dup('c').data().asDouble())
                .as(name)
                .matches(values -> Arrays.stream(values).allMatch(Double::isFinite)));
  }

  private INDArray value(SDVariable variable) {
    return Objects.requireNonNull(graph.evaluate(Map.of("it", variable)).get("it"));
  }

  private static INDArray gaussian(SplittableRandom random, long... shape) {
    double[] values = new double[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }
}
