package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Synthesizer, of a model and of the Long Range Arena: our results by the names of the golden
 * tensors.
 */
final class PublishedSynthesizer {

  private PublishedSynthesizer() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    return golden.kind().equals("bert_layer") ? ofModel(golden) : ofLongRangeArena(golden);
  }

  private static Map<String, INDArray> ofModel(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    int longest = (int) golden.tensor("w.w_2.weight").size(0);
    int hidden = (int) golden.tensor("w.w_1.weight").size(0);
    try (LayerTrial layer =
        new LayerTrial(
                new SynthesizerAttention(),
                published.spec().withMaxPositions(longest),
                Map.of("hidden", String.valueOf(hidden)),
                published.size())
            .withParameter(SynthesizerLayer.INNER_WEIGHT, golden.tensor("w.w_1.weight"))
            .withParameter(SynthesizerLayer.INNER_BIAS, golden.tensor("w.w_1.bias"))
            .withParameter(SynthesizerLayer.OUTER_WEIGHT, golden.tensor("w.w_2.weight"))
            .withParameter(SynthesizerLayer.OUTER_BIAS, golden.tensor("w.w_2.bias"))) {
      return Map.of("out.context_layer", GoldenLayer.merged(layer.context(published.inputs())));
    }
  }

  /**
   * There the layer's projections are part of the case. The dense kind's first layer is a
   * projection of the input for every head; as our query, with an identity for our first layer, it
   * gives the same logits. B3: heads and positions of the result are not swapped but read in the
   * wrong order.
   */
  private static Map<String, INDArray> ofLongRangeArena(GoldenCase golden) {
    INDArray x = golden.tensor("in.x"); // [B, T, E]
    String mode = golden.config("mode").asText();
    AttentionSpec spec =
        AttentionSpec.multiHead(golden.config("H").asInt(), golden.config("D").asInt())
            .withMaxPositions(golden.config("max_length").asInt())
            .withMasking(golden.config("causal").asBoolean() ? Masking.CAUSAL : Masking.NONE);
    LayerSize size = LayerSize.self(x.size(0), x.size(1));
    INDArray value = projected(golden, x, "w.value").permute(0, 2, 1, 3).dup('c'); // [B, H, T, D]
    INDArray query =
        mode.startsWith("dense")
            ? projected(golden, x, "w.dense_syn").reshape(value.shape()) // not permuted
            : value;
    Map<String, String> options =
        Map.of(
            "kind", mode.replace('_', '-').replace('+', '-').replace("ized", "ised"),
            "hidden", String.valueOf(spec.headSize()),
            "rank", golden.config("k").asText());
    try (LayerTrial layer =
        new LayerTrial(new SynthesizerAttention(), spec, options, size, Probe.ATTENTION)) {
      if (mode.startsWith("dense")) {
        layer
            .withParameter(SynthesizerLayer.INNER_WEIGHT, Nd4j.eye(spec.headSize()))
            .withParameter(SynthesizerLayer.INNER_BIAS, Nd4j.zeros(spec.headSize()))
            .withParameter(
                SynthesizerLayer.OUTER_WEIGHT, golden.tensor("w.dense_syn_len.kernel").transpose())
            .withParameter(SynthesizerLayer.OUTER_BIAS, golden.tensor("w.dense_syn_len.bias"));
      }
      if (mode.equals("factorized_random")) {
        layer
            .withParameter(SynthesizerLayer.LEFT, golden.tensor("w.random1"))
            .withParameter(SynthesizerLayer.RIGHT, golden.tensor("w.random2"));
      } else if (mode.contains("random")) {
        layer.withParameter(SynthesizerLayer.RANDOM, golden.tensor("w.random"));
      }
      Map<String, INDArray> seen = layer.run(new LayerTrial.Inputs(query, value, value, null));
      INDArray context =
          Objects.requireNonNull(seen.get(SingleLayer.CONTEXT)).permute(0, 2, 1, 3).dup('c');
      return Map.of(
          "x.attention_probs",
          Objects.requireNonNull(seen.get(SingleLayer.probe(Probe.ATTENTION))),
          "x.context",
          context, // [B, T, H, D]
          "out.y",
          output(golden, context));
    }
  }

  /** {@code [B, T, H, D]}. */
  private static INDArray projected(GoldenCase golden, INDArray x, String name) {
    INDArray kernel = golden.tensor(name + ".kernel"); // [E, H, D]
    long features = kernel.size(0);
    long[] shape = {x.size(0), x.size(1), kernel.size(1), kernel.size(2)};
    return x.reshape(shape[0] * shape[1], features)
        .mmul(kernel.reshape(features, shape[2] * shape[3]))
        .dup('c')
        .reshape(shape)
        .add(golden.tensor(name + ".bias").reshape(1, 1, shape[2], shape[3]));
  }

  /** {@code [B, T, E]}. */
  private static INDArray output(GoldenCase golden, INDArray context) {
    INDArray kernel = golden.tensor("w.out.kernel"); // [H, D, E]
    long features = kernel.size(2);
    long[] shape = context.shape();
    return context
        .castTo(kernel.dataType())
        .reshape(shape[0] * shape[1], shape[2] * shape[3])
        .mmul(kernel.reshape(shape[2] * shape[3], features))
        .dup('c')
        .reshape(shape[0], shape[1], features)
        .add(golden.tensor("w.out.bias").reshape(1, 1, features));
  }
}
