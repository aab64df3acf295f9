package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Reads parameters into Java's memory, for all threads. */
record WeightReader(Function<String, Tensor> parameters, IntFunction<float[]> memory) {

  WeightReader(KernelCall call, SeaInputs inputs) {
    this(name -> call.inputs().get(inputs.parameter(name)), call::floats);
  }

  /** A parameter of {@code rows · columns} numbers, whatever its shape. */
  Block block(String name, int rows, int columns) {
    Tensor tensor = parameters.apply(name);
    float[] numbers = memory.apply(rows * columns);
    tensor.read(0, numbers, 0, numbers.length);
    return Block.of(numbers, rows, columns);
  }

  /** A copy of x with rows as columns: products want the rows of their right side dense. */
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

  SeaWeights.Linear linear(String name, int out, int in) {
    Block weight = block(SeaParameters.weight(name), out, in);
    return new SeaWeights.Linear(weight, across(weight), block(SeaParameters.bias(name), 1, out));
  }

  SeaWeights.Norm norm(String name, int columns) {
    return new SeaWeights.Norm(
        block(SeaParameters.weight(name), 1, columns), block(SeaParameters.bias(name), 1, columns));
  }
}
