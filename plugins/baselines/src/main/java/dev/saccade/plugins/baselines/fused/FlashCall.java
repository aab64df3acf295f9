package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Optional;

/** One run of {@link FlashKernel}, as its parts see it. Safe for use by many threads. */
record FlashCall(KernelCall call, FlashSize size, float scale, Sight sight, BlockMath math) {

  static FlashCall of(KernelCall call, Arithmetic arithmetic) {
    return new FlashCall(
        call,
        FlashSize.of(call.inputs().stream().map(Tensor::shape).toList()),
        (float) call.arguments().decimal(FlashKernel.SCALE),
        Sight.of(call.arguments()),
        call.math(arithmetic));
  }

  Tensor query() {
    return call.inputs().get(FlashKernel.QUERY);
  }

  Tensor key() {
    return call.inputs().get(FlashKernel.KEY);
  }

  Tensor value() {
    return call.inputs().get(FlashKernel.VALUE);
  }

  /** {@code [B, S]}, if any key may be padding. */
  Optional<Tensor> real() {
    return call.inputs().stream().skip(FlashKernel.REAL).findFirst();
  }

  Tensor context() {
    return call.outputs().get(FlashKernel.CONTEXT);
  }

  Tensor greatest() {
    return call.outputs().get(FlashKernel.GREATEST);
  }

  Tensor share() {
    return call.outputs().get(FlashKernel.SHARE);
  }

  /** A block of this run, of undefined content. */
  Block block(int rows, int columns) {
    return Block.of(call.floats(Math.multiplyExact(rows, columns)), rows, columns);
  }

  float[] floats(int length) {
    return call.floats(length);
  }

  /**
   * Reads rows of a head of a tensor of queries or keys.
   *
   * @param head of B·H, or of B·K
   * @param positions how many positions a head has
   * @param into dense, and as wide as a row
   */
  static void read(Tensor tensor, int head, int positions, Span rows, Block into) {
    int width = into.columns();
    tensor.read(
        first(head, positions, rows, width), into.data(), into.offset(), rows.count() * width);
  }

  /** Reads one number a position. */
  static void read(Tensor tensor, int head, int positions, Span rows, float[] into) {
    tensor.read(first(head, positions, rows, 1), into, 0, rows.count());
  }

  /** Writes one number a position. */
  static void write(Tensor tensor, int head, int positions, Span rows, float[] from) {
    tensor.write(first(head, positions, rows, 1), from, 0, rows.count());
  }

  /** Writes rows; see {@link #read(Tensor, int, int, Span, Block)}. */
  static void write(Tensor tensor, int head, int positions, Span rows, Block from) {
    int width = from.columns();
    tensor.write(
        first(head, positions, rows, width), from.data(), from.offset(), rows.count() * width);
  }

  private static long first(int head, int positions, Span rows, int width) {
    return ((long) head * positions + rows.first()) * width;
  }
}
