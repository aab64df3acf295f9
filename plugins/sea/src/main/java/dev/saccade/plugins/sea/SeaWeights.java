package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The parameters of a causal layer as its kernel multiplies with them, read once for all threads.
 *
 * @param projection of the random features, ω·D^-¼, {@code [F, D]}
 * @param encoder {@code [2D, 3D]}, times H on both axes if the encoder is joint
 * @param rows {@code [2W, 2D]}
 * @param gates {@code [2, 2D]}
 * @param stripsNorm over W
 * @param refinements of the picture, in order
 * @param join {@code [H, 2H]}
 * @param stretch how many of a new column's parts come from a column of a strip, {@code [W, M]}
 * @param scoresNorm over M
 */
record SeaWeights(
    Block projection,
    Linear encoder,
    Norm encoderNorm,
    Linear rows,
    Linear gates,
    Norm stripsNorm,
    List<Refinement> refinements,
    Block join,
    Block stretch,
    Norm scoresNorm) {

  /**
   * x·Wᵀ + b.
   *
   * @param weight {@code [out, in]}
   * @param across the same, {@code [in, out]}
   * @param bias {@code [out]}
   */
  record Linear(Block weight, Block across, Block bias) {

    /** into = x·Wᵀ + b. */
    void apply(SeaMath math, Block x, Block into) {
      for (int row = 0; row < into.rows(); row++) {
        math.blocks().copy(bias, into.rows(row, row + 1));
      }
      math.blocks().addProduct(x, across, into);
    }
  }

  /**
   * Gain and bias of a normalised row.
   *
   * @param gain {@code [1, n]}
   * @param bias {@code [1, n]}
   */
  record Norm(Block gain, Block bias) {}

  /**
   * A convolution that looks back.
   *
   * @param weight {@code [2H·2H·3·3]}
   * @param bias {@code [1, 2H]}
   */
  record Refinement(Block weight, Block bias) {

    /** The weights of one of the nine taps, {@code [out, in]}. */
    Block tap(int row, int column) {
      int channels = bias.columns();
      return new Block(weight.data(), row * 3 + column, channels, channels, channels * 9, 9);
    }
  }

  static SeaWeights of(KernelCall call, SeaInputs inputs, SeaSize size) {
    return of(name -> call.inputs().get(inputs.parameter(name)), call::floats, size);
  }

  /**
   * @param parameters by name
   */
  static SeaWeights of(
      Function<String, Tensor> parameters, IntFunction<float[]> memory, SeaSize size) {
    Reader reader = new Reader(parameters, memory);
    int head = size.headSize();
    int together = size.options().jointEncoder() ? size.heads() : 1;
    Block projection = reader.block(SeaParameters.PROJECTION, size.features(), head);
    float scale = (float) Math.pow(head, -0.25);
    for (int i = 0; i < projection.data().length; i++) {
      projection.data()[i] *= scale;
    }
    return new SeaWeights(
        projection,
        reader.linear(SeaParameters.ENCODER, 2 * head * together, 3 * head * together),
        reader.norm(SeaParameters.ENCODER_NORM, 2 * head * together),
        reader.linear(SeaParameters.ROWS, 2 * size.stripWidth(), 2 * head),
        reader.linear(SeaParameters.GATES, 2, 2 * head),
        reader.norm(SeaParameters.STRIPS_NORM, size.stripWidth()),
        SeaParameters.refinements(size.options()).stream()
            .map(name -> reader.refinement(name, size.channels()))
            .toList(),
        reader.block(SeaParameters.weight(SeaParameters.PAINT_JOIN), size.heads(), size.channels()),
        stretch(size.stripWidth(), size.width()),
        reader.norm(SeaParameters.SCORES_NORM, size.width()));
  }

  /**
   * Widening by {@value PaintedPast#WIDENING}, two columns of the joining's bias, and resizing, as
   * one matrix. The bias itself is left out: it is the same for all columns of a head, and the norm
   * that follows takes it away.
   */
  private static Block stretch(int stripWidth, int width) {
    double[][] share = Stretch.columnWeights(PaintedPast.WIDENING * stripWidth + 2, width);
    Block stretch = Block.of(stripWidth, width);
    for (int column = 0; column < width; column++) {
      for (int strip = 0; strip < stripWidth; strip++) {
        double sum = 0;
        for (int copy = 0; copy < PaintedPast.WIDENING; copy++) {
          sum += share[1 + PaintedPast.WIDENING * strip + copy][column];
        }
        stretch.data()[stretch.at(strip, column)] = (float) sum;
      }
    }
    return stretch;
  }

  /** Reads parameters into Java's memory. */
  private record Reader(Function<String, Tensor> parameters, IntFunction<float[]> memory) {

    Block block(String name, int rows, int columns) {
      Tensor tensor = parameters.apply(name);
      float[] numbers = memory.apply(rows * columns);
      tensor.read(0, numbers, 0, numbers.length);
      return Block.of(numbers, rows, columns);
    }

    Block across(Block x) {
      int inputs = x.columns();
      int outputs = x.rows();
      float[] numbers = memory.apply(inputs * outputs);
      Block across = Block.of(numbers, inputs, outputs);
      for (int row = 0; row < x.rows(); row++) {
        for (int column = 0; column < x.columns(); column++) {
          numbers[across.at(column, row)] = x.data()[x.at(row, column)];
        }
      }
      return across;
    }

    Linear linear(String name, int out, int in) {
      Block weight = block(SeaParameters.weight(name), out, in);
      return new Linear(weight, across(weight), block(SeaParameters.bias(name), 1, out));
    }

    Norm norm(String name, int columns) {
      return new Norm(
          block(SeaParameters.weight(name), 1, columns),
          block(SeaParameters.bias(name), 1, columns));
    }

    Refinement refinement(String name, int channels) {
      return new Refinement(
          block(SeaParameters.weight(name), channels, channels * 9),
          block(SeaParameters.bias(name), 1, channels));
    }
  }
}
