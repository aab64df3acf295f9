package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.LayerSize;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A golden case of a whole attention layer with {@code in.q}, {@code in.k} and {@code in.v}, in the
 * words of our contract.
 */
record GoldenLayer(GoldenCase golden, AttentionSpec spec, LayerSize size) {

  static GoldenLayer of(GoldenCase golden) {
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    boolean causal = golden.manifest().path("config").path("causal").asBoolean();
    Masking masking =
        padded(golden)
            ? causal ? Masking.CAUSAL_PADDING : Masking.PADDING
            : causal ? Masking.CAUSAL : Masking.NONE;
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
    @Nullable INDArray real = spec.masking().padded() ? realPositions(golden) : null;
    return new LayerTrial.Inputs(query, golden.tensor("in.k"), golden.tensor("in.v"), real);
  }

  /** {@code [B, H, T, D]} as {@code [B, T, H·D]}. */
  static INDArray merged(INDArray context) {
    long[] shape = context.shape();
    return context.permute(0, 2, 1, 3).dup('c').reshape(shape[0], shape[2], shape[1] * shape[3]);
  }

  /** Whether some sequences of the batch are shorter than others. */
  static boolean padded(GoldenCase golden) {
    return golden.has("in.attention_mask") && realPositions(golden).minNumber().doubleValue() == 0;
  }

  /** One for real, zero for padding, {@code [B, T]}. */
  static INDArray realPositions(GoldenCase golden) {
    INDArray mask = golden.tensor("in.attention_mask"); // [B, 1, 1 or T, S]
    INDArray last =
        mask.get(
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.point(mask.size(2) - 1),
            NDArrayIndex.all());
    return last.gt(-1).castTo(mask.dataType()).reshape(mask.size(0), mask.size(3));
  }

  /** A tensor that not every case has. */
  static @Nullable INDArray tensorOrNull(GoldenCase golden, String name) {
    return golden.has(name) ? golden.tensor(name) : null;
  }
}
