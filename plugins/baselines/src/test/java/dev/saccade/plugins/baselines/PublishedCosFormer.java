package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.LayerSize;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** cosFormer, of a model and of its library: our result by the names of the golden tensors. */
final class PublishedCosFormer {

  private PublishedCosFormer() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    return golden.kind().equals("cosformer") ? ofLibrary(golden) : ofModel(golden);
  }

  private static Map<String, INDArray> ofModel(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    try (LayerTrial layer = layer(golden, published.spec(), published.size())) {
      return Map.of("out.context_layer", GoldenLayer.merged(layer.context(published.inputs())));
    }
  }

  /** Positions come first there: {@code [T, B, H·D]}. */
  private static Map<String, INDArray> ofLibrary(GoldenCase golden) {
    int heads = golden.config("H").asInt();
    AttentionSpec spec =
        AttentionSpec.multiHead(heads, golden.config("D").asInt())
            .withSource(golden.config("causal").asBoolean() ? Source.SELF : Source.CROSS)
            .withMasking(golden.config("causal").asBoolean() ? Masking.CAUSAL : Masking.NONE);
    LayerSize size =
        new LayerSize(
            golden.config("N").asInt(),
            golden.config("T_tgt").asInt(),
            golden.config("T_src").asInt());
    LayerTrial.Inputs inputs =
        new LayerTrial.Inputs(
            heads(golden.tensor("in.query"), heads),
            heads(golden.tensor("in.key"), heads),
            heads(golden.tensor("in.value"), heads),
            null);
    try (LayerTrial layer = layer(golden, spec, size)) {
      INDArray merged = GoldenLayer.merged(layer.context(inputs)); // [B, T, H·D]
      return Map.of("out.context", merged.permute(1, 0, 2).dup('c'));
    }
  }

  private static LayerTrial layer(GoldenCase golden, AttentionSpec spec, LayerSize size) {
    LayerTrial layer =
        new LayerTrial(new CosFormerAttention(), spec, Map.of("padded-keys", "counted"), size);
    List.of("query", "key", "value")
        .forEach(
            name -> {
              String published = "w.%s_proj.".formatted(name.charAt(0));
              layer.withParameter(name + ".weight", golden.tensor(published + "weight"));
              layer.withParameter(name + ".bias", golden.tensor(published + "bias"));
            });
    return layer;
  }

  private static INDArray heads(INDArray x, int heads) {
    long[] shape = x.shape(); // [T, B, H·D]
    return x.reshape(shape[0], shape[1], heads, shape[2] / heads).permute(1, 2, 0, 3).dup('c');
  }
}
