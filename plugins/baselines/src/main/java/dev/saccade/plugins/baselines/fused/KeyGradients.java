package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/** A tile of keys and values, and the sums that become their gradients. */
final class KeyGradients {

  private final FlashCall call;
  private final Tensor keyGradient;
  private final Tensor valueGradient;
  private final KeyTile tile;
  private final Block valuesByFeature; // [D, C]
  private final Block ofKeys; // [C, D]
  private final Block ofValues; // [C, D]

  KeyGradients(FlashCall call, KernelGradientCall gradientCall) {
    int headSize = call.size().headSize();
    this.call = call;
    this.keyGradient = gradientCall.inputGradients().get(FlashKernel.KEY);
    this.valueGradient = gradientCall.inputGradients().get(FlashKernel.VALUE);
    this.tile = new KeyTile(call);
    this.valuesByFeature = call.block(headSize, KeyTile.KEYS);
    this.ofKeys = call.block(KeyTile.KEYS, headSize);
    this.ofValues = call.block(KeyTile.KEYS, headSize);
  }

  /**
   * Takes some keys whose gradients are zero as yet.
   *
   * @param head of B·K
   */
  void load(int head, Span some) {
    tile.load(head, some);
    call.math().copy(tile.values().transposed(), valuesByFeature());
    Arrays.fill(ofKeys.data(), 0);
    Arrays.fill(ofValues.data(), 0);
  }

  KeyTile tile() {
    return tile;
  }

  /** {@code [D, C]}. */
  Block valuesByFeature() {
    return valuesByFeature.columns(0, tile.span().count());
  }

  /** scale·Σ ds·q over the queries so far, {@code [C, D]}. */
  Block ofKeys() {
    return ofKeys.rows(0, tile.span().count());
  }

  /** Σ e·g over the queries so far, {@code [C, D]}. */
  Block ofValues() {
    return ofValues.rows(0, tile.span().count());
  }

  void finish(int head) {
    HeadRows.write(keyGradient, head, call.size().keys(), tile.span(), ofKeys);
    HeadRows.write(valueGradient, head, call.size().keys(), tile.span(), ofValues);
  }
}
