package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The sum, mean or greatest along an axis, which stays with length 1.
 *
 * <p>Integer argument: the axis, negative from the end.
 */
final class ReductionKernel implements GraphKernel {

  /** What becomes of the elements along the axis. */
  enum Kind {
    SUM,
    MEAN,
    /** Of several that are greatest, the first gets the gradient. */
    MAX
  }

  private static final int ELEMENTS_AT_ONCE = 1 << 12;

  private final Rows rows;
  private final Kind kind;

  ReductionKernel(Rows rows, Kind kind) {
    this.rows = rows;
    this.kind = kind;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] reduced = inputShapes.get(0).clone();
    reduced[Shapes.axis(reduced, arguments.integer(0))] = 1;
    return List.of(reduced);
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    Strides axis = Strides.of(inputs[0].shape(), arguments);
    Elements x = Elements.of(inputs[0]);
    Elements y = Elements.of(outputs[0]);
    rows.split(
        axis.outer(),
        axis.block(),
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(axis.slab());
          Elements.Cursor out = y.cursor(axis.inner());
          for (long block = first; block < end; block++) {
            double[] total = out.values();
            Arrays.fill(total, kind == Kind.MAX ? Double.NEGATIVE_INFINITY : 0);
            for (int step = 0; step < axis.n(); step += axis.stepsAtOnce()) {
              int count = axis.count(step);
              add(in.read(axis.start(block, step), count), count, total);
            }
            if (kind == Kind.MEAN) {
              for (int i = 0; i < total.length; i++) {
                total[i] /= axis.n();
              }
            }
            out.write(block * axis.inner(), axis.inner());
          }
        });
  }

  /** Takes in one or more whole steps along the axis. */
  private void add(double[] values, int count, double[] total) {
    for (int from = 0; from < count; from += total.length) {
      for (int i = 0; i < total.length; i++) {
        double value = values[from + i];
        total[i] = kind == Kind.MAX ? Math.max(total[i], value) : total[i] + value;
      }
    }
  }

  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    Strides axis = Strides.of(inputs[0].shape(), arguments);
    Elements x = Elements.of(inputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    rows.split(
        axis.outer(),
        axis.block(),
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(axis.slab());
          Elements.Cursor gs = upstream.cursor(axis.inner());
          Elements.Cursor out = result.cursor(axis.slab());
          for (long block = first; block < end; block++) {
            double[] g = gs.read(block * axis.inner(), axis.inner());
            int[] greatest = kind == Kind.MAX ? greatest(in, axis, block) : new int[0];
            double share = kind == Kind.MEAN ? 1.0 / axis.n() : 1;
            for (int step = 0; step < axis.n(); step += axis.stepsAtOnce()) {
              double[] dx = out.values();
              int count = axis.count(step);
              for (int j = 0; j < count; j++) {
                int i = j % axis.inner();
                boolean passes = kind != Kind.MAX || greatest[i] == step + j / axis.inner();
                dx[j] = passes ? g[i] * share : 0;
              }
              out.write(axis.start(block, step), count);
            }
          }
        });
  }

  /** The step of the greatest for every place within a step. */
  private static int[] greatest(Elements.Cursor in, Strides axis, long block) {
    double[] best = new double[axis.inner()];
    Arrays.fill(best, Double.NEGATIVE_INFINITY);
    int[] greatest = new int[axis.inner()];
    for (int step = 0; step < axis.n(); step += axis.stepsAtOnce()) {
      int count = axis.count(step);
      double[] values = in.read(axis.start(block, step), count);
      for (int j = 0; j < count; j++) {
        int i = j % axis.inner();
        if (values[j] > best[i]) {
          best[i] = values[j];
          greatest[i] = step + j / axis.inner();
        }
      }
    }
    return greatest;
  }

  /**
   * Where elements along an axis lie.
   *
   * @param outer the product of the axes before it
   * @param n its length
   * @param inner the product of the axes after it
   */
  private record Strides(long outer, int n, int inner) {

    static Strides of(long[] shape, KernelArguments arguments) {
      int axis = Shapes.axis(shape, arguments.integer(0));
      return new Strides(
          Shapes.product(shape, 0, axis),
          Math.toIntExact(shape[axis]),
          Math.toIntExact(Shapes.product(shape, axis + 1, shape.length)));
    }

    int block() {
      return Math.multiplyExact(n, inner);
    }

    /** Several short steps are read at once: a call costs as much as many elements. */
    int stepsAtOnce() {
      return Math.max(1, Math.min(n, ELEMENTS_AT_ONCE / inner));
    }

    /** The most elements read at once. */
    int slab() {
      return stepsAtOnce() * inner;
    }

    /** The elements from a step on that are read at once. */
    int count(int step) {
      return Math.min(stepsAtOnce(), n - step) * inner;
    }

    long start(long block, int step) {
      return (block * n + step) * inner;
    }
  }
}
