package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.plugins.baselines.fused.BlockFeatures.Kind;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One run of {@link MixingKernel}, as its parts see it. Safe for use by many threads. */
final class MixingCall {

  /**
   * C, the most positions that meet each other as in plain attention, and the most that are worked
   * on together.
   */
  static final int CHUNK = 64;

  private final KernelCall call;
  private final AttentionSize size;
  private final BlockMath math;
  private final Mixing mixing;
  private final FeatureRoom room;
  private final Function<FeatureRoom, BlockFeatures> queryFeatures;
  private final Function<KeyChunk, BlockFeatures> keyFeatures;
  private final int width;

  MixingCall(KernelCall call, Arithmetic arithmetic) {
    this.call = call;
    List<Tensor> inputs = call.inputs();
    this.size = AttentionSize.of(inputs.stream().map(Tensor::shape).toList());
    this.math = call.math(arithmetic);
    KernelArguments arguments = call.arguments();
    this.mixing = Mixing.of(arguments);
    Kind kind = mixing.kind();
    this.width = mixing.width(inputs.stream().map(Tensor::shape).toList());
    this.room = new FeatureRoom(math, CHUNK, size.headSize(), width, call::floats);
    switch (kind) {
      case ELU -> {
        queryFeatures = EluFeatures::new;
        keyFeatures = chunk -> new EluFeatures(room);
      }
      case RECTIFIED -> {
        Projection projection =
            Projection.of(call::floats, width, inputs.get(MixingKernel.FIRST_OF_MAP));
        queryFeatures = own -> new RectifiedFeatures(own, projection);
        keyFeatures = chunk -> new RectifiedFeatures(room, projection);
      }
      case EXPONENTIAL -> {
        Projection projection =
            Projection.of(call::floats, width, inputs.get(MixingKernel.FIRST_OF_MAP));
        queryFeatures = own -> new ExponentialFeatures.OfQueries(own, projection);
        keyFeatures =
            mixing.shiftByAll()
                ? chunk -> new ShiftedKeyFeatures(this, projection, chunk)
                : chunk -> new ExponentialFeatures.OfKeys(room, projection);
      }
      case TURNED -> {
        TurnedFeatures.Angles ofQueries =
            TurnedFeatures.Angles.of(this, inputs.get(MixingKernel.FIRST_OF_MAP));
        TurnedFeatures.Angles ofKeys =
            TurnedFeatures.Angles.of(this, inputs.get(MixingKernel.FIRST_OF_MAP + 1));
        queryFeatures = own -> new TurnedFeatures(own, ofQueries);
        keyFeatures = chunk -> new TurnedFeatures(room, ofKeys);
      }
      default -> throw new IllegalArgumentException("there is no feature map " + kind);
    }
  }

  AttentionSize size() {
    return size;
  }

  /** F, or somewhat more: blocks of features have this many columns; see {@link Mixing#width}. */
  int width() {
    return width;
  }

  /** Where threads compute features. */
  FeatureRoom room() {
    return room;
  }

  BlockMath math() {
    return math;
  }

  Mixing mixing() {
    return mixing;
  }

  /** The feature map of queries, for one thread. */
  BlockFeatures queryFeatures() {
    return queryFeatures.apply(room);
  }

  /** The feature map of keys, for the thread whose chunk it is. */
  BlockFeatures keyFeatures(KeyChunk chunk) {
    return keyFeatures.apply(chunk);
  }

  Tensor query() {
    return call.inputs().get(MixingKernel.QUERY);
  }

  Tensor key() {
    return call.inputs().get(MixingKernel.KEY);
  }

  Tensor value() {
    return call.inputs().get(MixingKernel.VALUE);
  }

  /** {@code [B, S]}, if any key may be padding. */
  Optional<Tensor> real() {
    return call.inputs().stream()
        .skip(MixingKernel.FIRST_OF_MAP + mixing.kind().inputs())
        .findFirst();
  }

  Tensor context() {
    return call.outputs().get(MixingKernel.CONTEXT);
  }

  Tensor divisor() {
    return call.outputs().get(MixingKernel.DIVISOR);
  }

  /** A block of this run, of undefined content. */
  Block block(int rows, int columns) {
    return Block.of(call.floats(Math.multiplyExact(rows, columns)), rows, columns);
  }

  /** Once a block; see {@link KernelCall#stopIfInterrupted}. */
  void stopIfInterrupted() {
    call.stopIfInterrupted();
  }

  float[] floats(int length) {
    return call.floats(length);
  }
}
