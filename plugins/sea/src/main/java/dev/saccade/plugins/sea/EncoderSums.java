package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.List;

/**
 * Gradients of the parameters that {@link EncoderGradient} passes, summed over a span.
 *
 * @param weight of the encoder, {@code [2D, 3D]}, times H on both axes if it is joint
 * @param bias of the encoder, {@code [1, 2D]}, times H if it is joint, as the next two
 * @param gain of its norm
 * @param normBias of its norm
 * @param gates {@code [2, 2D]}
 * @param gateBias {@code [1, 2]}
 */
record EncoderSums(
    Block weight, Block bias, Block gain, Block normBias, Block gates, Block gateBias) {

  static EncoderSums of(KernelCall call, SeaSize size) {
    int together = size.options().jointEncoder() ? size.heads() : 1;
    int width = 2 * size.headSize() * together;
    return new EncoderSums(
        block(call, width, width / 2 * 3),
        block(call, 1, width),
        block(call, 1, width),
        block(call, 1, width),
        block(call, 2, 2 * size.headSize()),
        block(call, 1, 2));
  }

  private static Block block(KernelCall call, int rows, int columns) {
    return Block.of(call.floats(rows * columns), rows, columns);
  }

  /** The parameters' names, in the order of {@link #blocks}. */
  static List<String> names() {
    return List.of(
        SeaParameters.weight(SeaParameters.ENCODER),
        SeaParameters.bias(SeaParameters.ENCODER),
        SeaParameters.weight(SeaParameters.ENCODER_NORM),
        SeaParameters.bias(SeaParameters.ENCODER_NORM),
        SeaParameters.weight(SeaParameters.GATES),
        SeaParameters.bias(SeaParameters.GATES));
  }

  List<Block> blocks() {
    return List.of(weight, bias, gain, normBias, gates, gateBias);
  }

  void clear() {
    blocks().forEach(block -> Arrays.fill(block.data(), 0));
  }
}
