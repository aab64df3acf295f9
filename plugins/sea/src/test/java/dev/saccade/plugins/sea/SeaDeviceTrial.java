package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.sea.cuda.CudaDriver;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuTensors;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * {@link SeaProgram}'s way back as an embedder runs it, on tensors of a GPU. Queries, keys, values
 * and the gradient that arrives are numbers that every type holds exactly, the same ones for each.
 * The last four positions of the first sequence are padding, and so are the first two.
 *
 * @param causal whether queries see no later keys
 * @param stored of queries, keys, values and their gradients
 */
record SeaDeviceTrial(
    boolean causal, int length, int headSize, ElementType stored, Map<String, String> options) {

  static final int B = 2;
  static final int H = 3;

  private static final int PARTS = 64; // of one: what the fraction of BF16 can tell apart
  private static final long SEED = 3;

  SeaDeviceTrial storedAs(ElementType type) {
    return new SeaDeviceTrial(causal, length, headSize, type, options);
  }

  private SeaOptions parsed() {
    return SeaOptions.from(Options.parse(SeaOptions.SCHEMA, options));
  }

  private KernelArguments arguments() {
    return parsed().arguments(causal);
  }

  private AttentionSpec spec() {
    return AttentionSpec.multiHead(H, headSize)
        .withMaxPositions(length + 5)
        .withMasking(causal ? Masking.CAUSAL_PADDING : Masking.PADDING);
  }

  KernelRequest request() {
    List<Shape> shapes = new ArrayList<>(List.of(ofQuery(), ofQuery(), ofQuery(), Shape.of()));
    SeaParameters.of(spec(), parsed()).forEach(parameter -> shapes.add(parameter.shape()));
    shapes.add(Shape.of(B, length));
    return new KernelRequest(shapes, stored, arguments());
  }

  private Shape ofQuery() {
    return Shape.of(B, H, length, headSize);
  }

  /** What features and states of one head take. */
  long featureBytesOfHead() {
    SeaSize size = SeaRun.size(request(), parsed());
    long features = (long) (size.rows() + size.length()) * size.features();
    return Float.BYTES * (features + SeaStages.chunks(size) * SeaStages.stateSize(size));
  }

  /** Gradients of all inputs, in their order. */
  List<double[]> gradients(SeaProgram program) {
    try (GpuSession session = GpuSession.open(CudaDriver.look().gpus().get(0));
        GpuSession.Entered entered = session.enter();
        GpuTensors gpu = new GpuTensors()) {
      RandomGenerator random = new SplittableRandom(SEED);
      KernelRequest request = request();
      List<DeviceTensor> inputs = inputs(gpu, random);
      List<DeviceTensor> leaving = new ArrayList<>();
      inputs.forEach(input -> leaving.add(gpu.empty(input.shape(), input.elementType())));
      DeviceCall call =
          new DeviceCall(
              request.arguments(),
              inputs,
              List.of(gpu.empty(ofQuery(), stored)),
              List.of(gpu.of(coarse(random), ofQuery(), stored)),
              leaving,
              gpu.bytes(program.scratchBytes(request, Pass.BACKWARD)));
      program.run(Pass.BACKWARD, call, session, session.stream());
      session.stream().await();
      return leaving.stream().map(GpuTensors::read).toList();
    }
  }

  private List<DeviceTensor> inputs(GpuTensors gpu, RandomGenerator random) {
    List<DeviceTensor> inputs = new ArrayList<>();
    for (int input = SeaInputs.QUERY; input <= SeaInputs.VALUE; input++) {
      inputs.add(gpu.of(coarse(random), ofQuery(), stored));
    }
    inputs.add(gpu.of(new double[] {parsed().kept()}, Shape.of(), ElementType.F32));
    for (Parameter parameter : SeaParameters.of(spec(), parsed())) {
      double[] numbers = parameter.initializer().values(parameter.shape(), random);
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] += 0.1 * random.nextGaussian();
      }
      inputs.add(gpu.of(numbers, parameter.shape(), ElementType.F32));
    }
    double[] real = new double[B * length];
    for (int i = 0; i < real.length; i++) {
      real[i] = i >= length || (i > 1 && i < length - 4) ? 1 : 0;
    }
    inputs.add(gpu.of(real, Shape.of(B, length), ElementType.F32));
    return inputs;
  }

  private double[] coarse(RandomGenerator random) {
    return random
        .ints(ofQuery().elements(), -2 * PARTS, 2 * PARTS)
        .mapToDouble(number -> (double) number / PARTS)
        .toArray();
  }
}
