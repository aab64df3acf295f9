package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Splits the last axis into heads and brings them to the front, {@code [B·T, H·D]} → {@code [B, H,
 * T, D]}, or puts them back. Each is the other's way back; as reshape and permute they would copy
 * twice.
 *
 * <p>Whole arguments: B and H.
 */
final class HeadsKernel implements GraphKernel {

  /** So many positions of all heads fit in a core's cache. */
  private static final int POSITIONS_AT_ONCE = 32;

  /** Which way to go. */
  enum Direction {
    SPLIT,
    MERGE
  }

  private final Rows rows;
  private final Direction direction;

  HeadsKernel(Rows rows, Direction direction) {
    this.rows = rows;
    this.direction = direction;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS; // for their shape
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] x = inputShapes.get(0);
    long batch = arguments.integer(0);
    long heads = arguments.integer(1);
    if (direction == Direction.SPLIT) {
      Shapes.require(
          x.length == 2 && x[0] % batch == 0 && x[1] % heads == 0,
          "x must be [B·T, H·D] with B=%d and H=%d".formatted(batch, heads),
          x);
      return List.of(new long[] {batch, heads, x[0] / batch, x[1] / heads});
    }
    Shapes.require(
        x.length == 4 && x[0] == batch && x[1] == heads,
        "x must be [B, H, T, D] with B=%d and H=%d".formatted(batch, heads),
        x);
    return List.of(new long[] {batch * x[2], heads * x[3]});
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    move(inputs[0], outputs[0], direction);
  }

  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    move(
        outputGradients[0],
        Objects.requireNonNull(inputGradients[0]),
        direction == Direction.SPLIT ? Direction.MERGE : Direction.SPLIT);
  }

  private void move(INDArray from, INDArray to, Direction way) {
    INDArray apart = way == Direction.SPLIT ? to : from; // [B, H, T, D]
    int heads = (int) apart.size(1);
    int positions = (int) apart.size(2);
    int size = (int) apart.size(3);
    int width = heads * size;
    Elements x = Elements.of(from);
    Elements y = Elements.of(to);
    long strips = ((long) positions + POSITIONS_AT_ONCE - 1) / POSITIONS_AT_ONCE;
    rows.split(
        apart.size(0) * strips,
        POSITIONS_AT_ONCE * width,
        (chunk, first, end) -> {
          Object ofHead = x.room(POSITIONS_AT_ONCE * size);
          for (long strip = first; strip < end; strip++) {
            long sequence = strip / strips;
            int position = (int) (strip % strips) * POSITIONS_AT_ONCE;
            int count = Math.min(POSITIONS_AT_ONCE, positions - position);
            long together = (sequence * positions + position) * width;
            for (int head = 0; head < heads; head++) {
              long place = ((sequence * heads + head) * positions + position) * size;
              if (way == Direction.SPLIT) {
                for (int i = 0; i < count; i++) {
                  x.readInto(
                      ofHead, i * size, together + (long) i * width + (long) head * size, size);
                }
                y.writeFrom(ofHead, place, count * size);
              } else {
                x.readInto(ofHead, place, count * size);
                for (int i = 0; i < count; i++) {
                  y.writeFrom(
                      ofHead, i * size, together + (long) i * width + (long) head * size, size);
                }
              }
            }
          }
        });
  }
}
