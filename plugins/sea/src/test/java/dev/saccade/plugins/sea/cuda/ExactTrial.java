package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * One attention on random numbers, by a program on the GPU and by {@link PlainAttention}. The
 * numbers are rounded as they are stored, so both are given the same.
 *
 * @param padded whether some keys are padding: the last fifth of the first sequence, and all of the
 *     last
 */
record ExactTrial(AttentionSize size, ElementType type, boolean padded) {

  private static final int SEED = 20260;

  /** Unrounded results are compared by their errors; these have them. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them as records
  record Results(double[] context, double[] ofQuery, double[] ofKey, double[] ofValue) {

    List<double[]> all() {
      return List.of(context, ofQuery, ofKey, ofValue);
    }
  }

  static AttentionSize size(
      int batch, int heads, int kvHeads, int queries, int keys, int headSize) {
    return new AttentionSize(
        batch, heads, kvHeads, queries, keys, headSize, false, (float) (1 / Math.sqrt(headSize)));
  }

  static AttentionSize causal(int batch, int heads, int kvHeads, int length, int headSize) {
    AttentionSize size = size(batch, heads, kvHeads, length, length, headSize);
    return new AttentionSize(batch, heads, kvHeads, length, length, headSize, true, size.scale());
  }

  /** See {@link PlainAttention#magnitudes}. */
  List<double[]> magnitudes() {
    return new PlainAttention(size, query(), key(), value(), real()).magnitudes(gradient());
  }

  Results expected() {
    PlainAttention plain = new PlainAttention(size, query(), key(), value(), real());
    double[][] gradients = plain.gradients(gradient());
    return new Results(plain.context(), gradients[0], gradients[1], gradients[2]);
  }

  /** Runs it there and back again, on tensors of the GPU. */
  Results run(DeviceProgram program, GpuSession session) {
    return run(program, session, query(), key(), value());
  }

  Results run(
      DeviceProgram program, GpuSession session, double[] query, double[] key, double[] value) {
    try (GpuSession.Entered entered = session.enter();
        GpuTensors tensors = new GpuTensors()) {
      List<DeviceTensor> inputs = new ArrayList<>();
      inputs.add(tensors.of(query, size.queryShape(), type));
      inputs.add(tensors.of(key, size.keyShape(), type));
      inputs.add(tensors.of(value, size.keyShape(), type));
      if (padded) {
        inputs.add(tensors.of(real(), Shape.of(size.batch(), size.keys()), ElementType.F32));
      }
      List<DeviceTensor> outputs = new ArrayList<>();
      outputs.add(tensors.empty(size.queryShape(), type));
      for (int i = 1; i < program.outputs(); i++) {
        outputs.add(tensors.empty(size.rowShape(), ElementType.F32));
      }
      List<DeviceTensor> arriving = new ArrayList<>(outputs);
      arriving.set(0, tensors.of(gradient(), size.queryShape(), type));
      List<DeviceTensor> leaving =
          inputs.stream().map(in -> tensors.empty(in.shape(), in.elementType())).toList();
      long forth = tensors.bytes(program.scratchBytes(request(), Pass.FORWARD));
      program.run(
          Pass.FORWARD,
          DeviceCall.forward(arguments(), inputs, outputs, forth),
          session,
          session.stream());
      long back = tensors.bytes(program.scratchBytes(request(), Pass.BACKWARD));
      program.run(
          Pass.BACKWARD,
          new DeviceCall(arguments(), inputs, outputs, arriving, leaving, back),
          session,
          session.stream());
      session.stream().await();
      return new Results(
          GpuTensors.read(outputs.get(0)),
          GpuTensors.read(leaving.get(0)),
          GpuTensors.read(leaving.get(1)),
          GpuTensors.read(leaving.get(2)));
    }
  }

  KernelRequest request() {
    List<Shape> shapes =
        new ArrayList<>(List.of(size.queryShape(), size.keyShape(), size.keyShape()));
    if (padded) {
      shapes.add(Shape.of(size.batch(), size.keys()));
    }
    List<ElementType> types = new ArrayList<>(List.of(type, type, type));
    if (padded) {
      types.add(ElementType.F32);
    }
    return new KernelRequest(shapes, types, type, arguments());
  }

  KernelArguments arguments() {
    return FlashProgram.arguments(size.scale(), size.causal());
  }

  double[] query() {
    return gaussian(0, size.queryShape());
  }

  double[] key() {
    return gaussian(1, size.keyShape());
  }

  double[] value() {
    return gaussian(2, size.keyShape());
  }

  double[] gradient() {
    return gaussian(3, size.queryShape());
  }

  double[] real() {
    double[] real = new double[size.batch() * size.keys()];
    Arrays.fill(real, 1);
    if (padded) {
      Arrays.fill(real, size.keys() - size.keys() / 5, size.keys(), 0);
      Arrays.fill(real, real.length - size.keys(), real.length, 0);
    }
    return real;
  }

  private double[] gaussian(int which, Shape shape) {
    Random random = new Random(SEED + which);
    double[] numbers = random.doubles(shape.elements()).map(any -> random.nextGaussian()).toArray();
    return StoredNumbers.numbers(StoredNumbers.bytes(numbers, type), type);
  }

  /**
   * The greatest error allowed: every sum of a result rounds once an addition, D of them for a
   * logit, S for a context, T·H/K for the gradient of a key, and errors of a logit enter twice. On
   * the way back the context is used as it was stored. Results are stored rounded.
   *
   * @param greatest of the expected numbers; below 1 the errors are those of numbers of about 1,
   *     which cancel
   */
  double tolerance(double expected, double greatest, boolean back) {
    int group = size.heads() / size.kvHeads();
    double additions = 2.0 * size.headSize() + size.keys() + (back ? group * size.queries() : 0);
    double stored = StoredNumbers.precision(type);
    double sums = 4 * additions * StoredNumbers.precision(ElementType.F32);
    return Math.max(1, greatest) * (sums + (back ? 4 * stored : 0)) + stored * Math.abs(expected);
  }
}
