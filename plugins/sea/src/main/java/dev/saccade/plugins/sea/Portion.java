package dev.saccade.plugins.sea;

import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Tensor;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;

/**
 * The next positions of one sequence, as numbers {@code [H, count, D]} of all heads.
 *
 * @param heads H
 * @param size D
 * @param first the first of them, counted from the beginning of the step
 * @param count how many there are
 * @param together whether heads and blocks are shared out to threads; otherwise whoever decodes
 *     several sequences does that, or there is too little to share
 */
record Portion(
    DecodingStep step, int sequence, int heads, int size, int first, int count, boolean together) {

  /** A part of them. */
  Portion part(int from, int to) {
    return new Portion(step, sequence, heads, size, first + from, to - from, together);
  }

  float[] query() {
    return floats(step.query());
  }

  float[] key() {
    return floats(step.key());
  }

  float[] value() {
    return floats(step.value());
  }

  private float[] floats(Tensor tensor) {
    float[] numbers = new float[heads * count * size];
    eachRun(tensor, (at, offset, length) -> tensor.read(at, numbers, offset, length));
    return numbers;
  }

  void writeContext(float[] context) {
    Tensor tensor = step.context();
    eachRun(tensor, (at, offset, length) -> tensor.write(at, context, offset, length));
  }

  /** The numbers of one position of a tensor as doubles, {@code [H][D]}. */
  double[][] doubles(Tensor tensor, int position) {
    double[][] numbers = new double[heads][size];
    for (int head = 0; head < heads; head++) {
      tensor.read(at(tensor, head, position), numbers[head], 0, size);
    }
    return numbers;
  }

  /** Writes the context of one position, {@code [H][D]}. */
  void writeContext(int position, double[][] context) {
    for (int head = 0; head < heads; head++) {
      step.context().write(at(step.context(), head, position), context[head], 0, size);
    }
  }

  /** Whether each position is no padding, {@code [count]}. */
  boolean[] visible() {
    boolean[] visible = new boolean[count];
    float[] shown = new float[count];
    step.visible()
        .ifPresent(
            tensor -> tensor.read(sequence * tensor.shape().axis(1) + first, shown, 0, count));
    for (int i = 0; i < count; i++) {
      visible[i] = step.visible().isEmpty() || shown[i] != 0;
    }
    return visible;
  }

  /** Runs {@code body} for 0 … {@code tasks} − 1; see {@link DecodingStep#parallel}. */
  <W> void each(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    if (together) {
      step.parallel(tasks, worker, body);
    } else {
      W only = worker.get();
      for (int task = 0; task < tasks; task++) {
        body.accept(only, task);
      }
    }
  }

  /** Runs of numbers that lie side by side: of one head, or of all if this is the whole step. */
  private void eachRun(Tensor tensor, Run run) {
    boolean whole = count == tensor.shape().axis(2);
    int length = count * size * (whole ? heads : 1);
    for (int head = 0; head < heads; head += whole ? heads : 1) {
      run.accept(at(tensor, head, 0), head * count * size, length);
    }
  }

  private long at(Tensor tensor, int head, int position) {
    long row = (long) sequence * heads + head;
    return (row * tensor.shape().axis(2) + first + position) * size;
  }

  /** Numbers of a tensor from {@code at} on, and where they are in an array. */
  private interface Run {
    void accept(long at, int offset, int length);
  }
}
