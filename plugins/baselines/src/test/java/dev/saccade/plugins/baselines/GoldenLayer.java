package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.runtime.attention.LayerSize;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A golden case of a whole attention layer with {@code in.q}, {@code in.k} and {@code in.v}, in the
 * words of our contract.
 */
record GoldenLayer(GoldenCase golden, AttentionSpec spec, LayerSize size) {

  static GoldenLayer of(GoldenCase golden) {
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    Masking masking =
        golden.padded()
            ? Masking.PADDING
            : golden.manifest().path("config").path("causal").asBoolean()
                ? Masking.CAUSAL
                : Masking.NONE;
    return new GoldenLayer(
        golden,
        AttentionSpec.multiHead((int) query.size(1), (int) query.size(3)).withMasking(masking),
        LayerSize.self(query.size(0), query.size(2)));
  }

  LayerTrial.Inputs inputs() {
    return inputs(golden.tensor("in.q"));
  }

  /** The case's keys, values and padding with other queries. */
  LayerTrial.Inputs inputs(INDArray query) {
    @Nullable INDArray real = spec.masking().padded() ? golden.realPositions() : null;
    return new LayerTrial.Inputs(query, golden.tensor("in.k"), golden.tensor("in.v"), real);
  }

  /** {@code [B, H, T, D]} as {@code [B, T, H·D]}. */
  static INDArray merged(INDArray context) {
    long[] shape = context.shape();
    return context.permute(0, 2, 1, 3).dup('c').reshape(shape[0], shape[2], shape[1] * shape[3]);
  }
}
