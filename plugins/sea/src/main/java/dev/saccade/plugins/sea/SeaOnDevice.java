package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.sea.cuda.DeviceProgram;
import dev.saccade.plugins.sea.cuda.SharedGpu;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * One SEA layer for embedders whose tensors stay on a GPU: what {@link #program} is given, without
 * graphs, runtime or ND4J. The api, this plugin and JCuda with its native library on the class path
 * are enough.
 *
 * <pre>{@code
 * AttentionSpec spec =
 *     AttentionSpec.multiHead(12, 64).withMaxPositions(4096).withMasking(Masking.CAUSAL);
 * SeaOnDevice sea = new SeaOnDevice(spec, Map.of("k", "64"));
 * KernelRequest request = sea.request(1, 4096, ElementType.BF16);
 * List<DeviceTensor> inputs = new ArrayList<>(); // request.inputs() in this order:
 * inputs.add(new DeviceTensor(queries, request.inputs().get(0), ElementType.BF16));
 * … // key and value likewise; then k, one number, and every one of parameters(), all F32
 * DeviceTensor context = new DeviceTensor(contexts, request.inputs().get(0), ElementType.BF16);
 *
 * DeviceProgram program = SeaOnDevice.program();
 * try (GpuSession session = GpuSession.open(CudaDriver.look().gpus().get(0));
 *     GpuSession.Entered entered = session.enter()) {
 *   session.arena().reserve(program.scratchBytes(request, Pass.FORWARD));
 *   program.run(
 *       Pass.FORWARD,
 *       DeviceCall.forward(
 *           request.arguments(), inputs, List.of(context), session.arena().address()),
 *       session,
 *       GpuStream.of(stream)); // asks for the work, and waits for nothing
 * }
 * }</pre>
 *
 * <p>Ask {@code program.check(request, gpu)} first: it says what it cannot compute, and why.
 *
 * @param spec H, D, the masking and, for causal attention, the most positions
 * @param options SEA's, by name; those left out have their defaults
 */
public record SeaOnDevice(AttentionSpec spec, Map<String, String> options) {

  /**
   * Reads the options.
   *
   * @throws dev.saccade.api.option.OptionException if SEA has no such option or value
   */
  public SeaOnDevice {
    options = Map.copyOf(options);
    parsed(options);
  }

  /** The operation on device addresses. Stateless: one serves all layers and threads. */
  public static DeviceProgram program() {
    return new SeaProgram();
  }

  /** The layer's parameters in the order in which they are inputs, behind query, key, value, k. */
  public List<Parameter> parameters() {
    return SeaParameters.of(spec, parsed(options));
  }

  /**
   * What the program is asked to run. Its inputs are query, key and value {@code [B, H, T, D]} of
   * {@code type}, then in F32 the number k, {@link #parameters} and, if the masking is of padding,
   * {@code [B, T]} that is 0 where a position is padding.
   *
   * @param batch B
   * @param length T
   * @param type of query, key, value and context
   */
  public KernelRequest request(int batch, int length, ElementType type) {
    Masking masking = spec.masking();
    Shape each = Shape.of(batch, spec.heads(), length, spec.headSize());
    List<Shape> shapes = new ArrayList<>(List.of(each, each, each, Shape.of()));
    parameters().forEach(parameter -> shapes.add(parameter.shape()));
    if (masking.padded()) {
      shapes.add(Shape.of(batch, length));
    }
    List<ElementType> types = new ArrayList<>(List.of(type, type, type));
    types.addAll(Collections.nCopies(shapes.size() - types.size(), ElementType.F32));
    return new KernelRequest(shapes, types, type, parsed(options).arguments(masking.causal()));
  }

  /**
   * The layer position by position, if it is causal: opened with {@link
   * dev.saccade.api.kernel.KernelChoice#CUDA} it decodes on a GPU, which it finds itself; tensors
   * of its steps are in host memory, F32.
   */
  public IncrementalAttention incremental() {
    return new SeaDecoding(spec, parsed(options), new SharedGpu());
  }

  private static SeaOptions parsed(Map<String, String> options) {
    return SeaOptions.from(Options.parse(SeaOptions.SCHEMA, options));
  }
}
