package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.ArenaLayout;
import dev.saccade.plugins.sea.cuda.DeviceArena;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.SharedGpu;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a decoding on a GPU and all its forks share: the GPU, and k and the parameters, uploaded
 * once as they are when it begins. Freed with the last of them. Safe for use by many threads.
 */
final class DeviceLayer {

  /** Positions that are worked on at once, so that scratch memory has a bound. */
  private static final int MOST = 512;

  private final AttentionSpec spec;
  private final SeaOptions options;
  private final int capacity;
  private final SeaInputs inputs;
  private final SharedGpu.Share gpu;
  private final DeviceArena memory = new DeviceArena();
  private final List<DeviceTensor> parameters = new ArrayList<>(); // k, then the layer's
  private ByteBuffer staging = ByteBuffer.allocateDirect(0); // used by whom the GPU is used by
  private int states = 1;

  private DeviceLayer(DecodingSetup setup, SeaOptions options, SharedGpu.Share gpu) {
    this.spec = setup.spec();
    this.options = options;
    this.capacity = setup.capacity();
    this.inputs = new SeaInputs(SeaParameters.of(spec, options), Optional.empty());
    this.gpu = gpu;
  }

  /** Says whether a GPU can decode so and, if not, every reason. */
  static Support check(DecodingSetup setup, SeaOptions options, SharedGpu gpu) {
    AttentionSpec spec = setup.spec();
    Shape each = Shape.of(setup.batch(), spec.heads(), MOST, spec.headSize());
    KernelRequest request =
        new KernelRequest(
            List.of(each, each, each, Shape.of()), spec.elementType(), options.arguments(true));
    SeaProgram program = new SeaProgram();
    Support types =
        spec.elementType() == ElementType.F32
            ? Support.yes()
            : Support.no("it decodes F32, not " + spec.elementType());
    return types.and(gpu.check(there -> program.check(request, there)));
  }

  /** For one state; {@link #retain} it for each more. */
  static DeviceLayer open(DecodingSetup setup, SeaOptions options, SharedGpu gpu) {
    DeviceLayer layer = new DeviceLayer(setup, options, gpu.join());
    boolean done = false;
    try {
      layer.gpu.use(session -> layer.upload(setup, session));
      done = true;
      return layer;
    } finally {
      if (!done) {
        layer.release();
      }
    }
  }

  private void upload(DecodingSetup setup, GpuSession session) {
    List<Shape> shapes =
        Stream.concat(Stream.of(Shape.of()), inputs.parameters().stream().map(Parameter::shape))
            .toList();
    ArenaLayout layout = new ArenaLayout();
    List<Long> offsets = new ArrayList<>();
    shapes.forEach(shape -> offsets.add(layout.take(shape.elements() * Float.BYTES)));
    memory.reserve(layout.bytes());
    for (int i = 0; i < shapes.size(); i++) {
      parameters.add(
          new DeviceTensor(memory.address() + offsets.get(i), shapes.get(i), ElementType.F32));
    }
    ByteBuffer kept = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
    session.upload(kept.putFloat(0, options.kept()), parameters.get(0).address());
    for (int i = 0; i < inputs.parameters().size(); i++) {
      String name = inputs.parameters().get(i).name();
      session.upload(setup.parameter(name).bytes(), parameters.get(i + 1).address());
    }
  }

  AttentionSpec spec() {
    return spec;
  }

  SeaInputs inputs() {
    return inputs;
  }

  SharedGpu.Share gpu() {
    return gpu;
  }

  /** The most positions that somebody meant to decode. */
  int capacity() {
    return capacity;
  }

  /** Positions that are worked on at once, whole rows of the estimate. */
  int most() {
    return SeaSize.ceilingOf(MOST, options.estimateEvery()) * options.estimateEvery();
  }

  /**
   * The call that finds the contexts of some positions in the arena, with the layer's parameters.
   */
  DeviceCall call(GpuSession session, DevicePositions positions, SeaScratch scratch) {
    Stream<DeviceTensor> own =
        Stream.of(positions.query(session), positions.key(session), positions.value(session));
    return DeviceCall.forward(
        options.arguments(true),
        Stream.concat(own, parameters.stream()).toList(), // as SeaInputs numbers them
        List.of(positions.context(session)),
        scratch.valueSums());
  }

  SeaSize size(int batch, int positions) {
    int headSize = spec.headSize();
    return new SeaSize(
        batch,
        spec.heads(),
        positions,
        headSize,
        options.features(headSize),
        Strips.of(spec, options),
        options);
  }

  /** Host memory of at least so many bytes, for whoever uses the GPU. */
  ByteBuffer staging(int bytes) {
    if (staging.capacity() < bytes) {
      staging = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    return staging.clear().limit(bytes);
  }

  synchronized void retain() {
    states++;
  }

  synchronized void release() {
    states--;
    if (states == 0) {
      gpu.free(memory);
      gpu.close();
    }
  }
}
