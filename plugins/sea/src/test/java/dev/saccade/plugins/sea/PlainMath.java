package dev.saccade.plugins.sea;

import dev.saccade.api.GraphMath;
import dev.saccade.api.ProbeValue;
import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The operations of the contract from SameDiff's own, in their plainest right form: an oracle that
 * owes nothing to the runtime's.
 */
record PlainMath(SameDiff sd) implements GraphMath {

  @Override
  public SDVariable sum(SDVariable x, int axis) {
    return sd.expandDims(x.sum(axis), axis);
  }

  @Override
  public SDVariable mean(SDVariable x, int axis) {
    return sd.expandDims(x.mean(axis), axis);
  }

  @Override
  public SDVariable max(SDVariable x, int axis) {
    return sd.expandDims(x.max(axis), axis);
  }

  /** Not SameDiff's, which gives NaN for a row in which all is hidden at -1e9. */
  @Override
  public SDVariable softmax(SDVariable x) {
    SDVariable powers = sd.math().exp(x.sub(max(x, -1)));
    return powers.div(sum(powers, -1));
  }

  @Override
  public SDVariable logSoftmax(SDVariable x) {
    SDVariable centred = x.sub(max(x, -1));
    return centred.sub(sd.math().log(sum(sd.math().exp(centred), -1)));
  }

  @Override
  public SDVariable layerNorm(SDVariable x, SDVariable gain, SDVariable bias, double epsilon) {
    SDVariable centred = x.sub(mean(x, -1));
    SDVariable variance = mean(centred.mul(centred), -1);
    return centred.div(sd.math().sqrt(variance.add(epsilon))).mul(gain).add(bias);
  }

  @Override
  public SDVariable gelu(SDVariable x) {
    return x.mul(0.5).mul(sd.math().erf(x.mul(Math.sqrt(0.5))).add(1.0));
  }

  /** By a product with a triangle of ones. */
  @Override
  public SDVariable cumulativeSum(SDVariable x, int axis) {
    long[] shape = x.eval().shape();
    int length = Math.toIntExact(shape[axis]);
    INDArray triangle = Nd4j.zeros(x.dataType(), length, length);
    for (int from = 0; from < length; from++) {
      for (int to = from; to < length; to++) {
        triangle.putScalar(from, to, 1);
      }
    }
    SDVariable columns = // the axis last, all others together
        sd.permute(x.reshape(outer(shape, axis), length, inner(shape, axis)), 0, 2, 1)
            .reshape(-1, length);
    SDVariable sums = columns.mmul(sd.constant(triangle));
    return sd.permute(sums.reshape(outer(shape, axis), inner(shape, axis), length), 0, 2, 1)
        .reshape(shape);
  }

  private static long outer(long[] shape, int axis) {
    return Arrays.stream(shape, 0, axis).reduce(1, (a, b) -> a * b);
  }

  private static long inner(long[] shape, int axis) {
    return Arrays.stream(shape, axis + 1, shape.length).reduce(1, (a, b) -> a * b);
  }

  /** An element is kept if fewer than count are greater, or as great and earlier. */
  @Override
  public SDVariable topMask(SDVariable x, SDVariable count) {
    DataType type = x.dataType();
    SDVariable mine = sd.expandDims(x, -1); // [..., n, 1]
    SDVariable other = sd.expandDims(x, -2); // [..., 1, n]
    long length = x.eval().size(-1);
    INDArray numbers = Nd4j.arange((int) length).castTo(type);
    SDVariable earlier =
        sd.constant(numbers.reshape(1, length))
            .lt(sd.constant(numbers.reshape(length, 1)))
            .castTo(type); // [n, n]
    SDVariable ahead =
        other.gt(mine).castTo(type).add(other.eq(mine).castTo(type).mul(earlier)).sum(-1);
    return ahead.lt(count).castTo(type);
  }

  /**
   * With an entry for every element, zero or not: SameDiff's own ways to choose some are broken.
   */
  @Override
  public ProbeValue.Sparse sparse(SDVariable x, SDVariable kept) {
    SDVariable ones = sd.onesLike(x); // [B, H, T, S]
    SDVariable lengths = ones.sum(3).reshape(-1); // [B·H·T]
    return new ProbeValue.Sparse(
        sd.concat(0, sd.zerosLike(lengths).sum(true, 0), sd.cumsum(lengths, false, false, 0)),
        sd.cumsum(ones, true, false, 3).reshape(-1), // 0, 1, … S - 1 in every row
        x.mul(kept.neq(0).castTo(x.dataType())).reshape(-1));
  }
}
