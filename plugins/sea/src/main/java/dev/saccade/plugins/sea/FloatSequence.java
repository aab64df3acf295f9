package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A sequence in float32, decoded by the blocks of {@link SeaKernel}: a single position is a block
 * of one row, a prompt many blocks. A position costs what its estimate and its kept keys cost,
 * however many there are before it.
 */
final class FloatSequence implements DecodedSequence {

  /** The most positions that are worked on at once, so that scratch memory has a bound. */
  private static final int MOST = 256;

  private final Layer layer;
  private final List<FloatHead> heads;
  private final DecodedKeys real;
  private final float[] painted; // rows that convolutions look back to; empty before the first
  private Optional<EstimatedRow> last; // if it serves more positions than one
  private int length;

  /**
   * What all sequences of a decoding share.
   *
   * @param places the learned vectors of all positions
   */
  record Layer(
      AttentionSpec spec,
      SeaOptions options,
      SeaWeights parameters,
      PastWeights painting,
      Tensor places,
      Arithmetic arithmetic) {

    static Layer of(DecodingSetup setup, SeaOptions options) {
      SeaSize size = size(setup.spec(), options, 1);
      WeightReader reader = new WeightReader(setup::parameter, float[]::new);
      return new Layer(
          setup.spec(),
          options,
          SeaWeights.of(reader, size),
          PastWeights.of(reader, size),
          setup.parameter(SeaParameters.POSITIONS),
          setup.fastest());
    }

    /** The size of so many positions. */
    SeaSize size(int positions) {
      return size(spec, options, positions);
    }

    private static SeaSize size(AttentionSpec spec, SeaOptions options, int positions) {
      int headSize = spec.headSize();
      return new SeaSize(
          1,
          spec.heads(),
          positions,
          headSize,
          options.features(headSize),
          Strips.of(spec, options),
          options);
    }
  }

  FloatSequence(Layer layer) {
    SeaSize size = layer.size(1);
    this.layer = layer;
    this.heads = new ArrayList<>();
    for (int head = 0; head < size.heads(); head++) {
      heads.add(new FloatHead(size));
    }
    this.real = new DecodedKeys();
    this.painted = new float[PaintedBlock.pastSize(size)];
    this.last = Optional.empty();
  }

  private FloatSequence(FloatSequence original) {
    this.layer = original.layer;
    this.heads = new ArrayList<>(original.heads);
    this.heads.replaceAll(FloatHead::copy);
    this.real = original.real.copy();
    this.painted = original.painted.clone();
    this.last = original.last; // replaced, never written to
    this.length = original.length;
  }

  @Override
  public DecodedSequence copy() {
    return new FloatSequence(this);
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void advance(Portion portion) {
    for (int from = 0; from < portion.count(); from += MOST) {
      take(portion.part(from, Math.min(from + MOST, portion.count())));
    }
  }

  private void take(Portion portion) {
    int realBefore = real.length();
    SeaSize size = layer.size(portion.count());
    FloatPortion numbers =
        new FloatPortion(size, portion, length, layer.places(), ranks(portion.visible()));
    BlockMath math = portion.step().math(layer.arithmetic());
    FloatSteps steps = new FloatSteps(size, layer, math, numbers, length);
    portion.each(
        heads.size(),
        steps::rough,
        (rough, head) -> steps.roughen(rough, head, heads.get(head), realBefore));
    portion.each(steps.blocks(), () -> steps, FloatSteps::encode);
    steps.paint(painted);
    portion.each(
        steps.stretches(),
        () -> new FloatAttention(size, math, heads, real),
        (attention, stretch) -> steps.attend(attention, stretch, last));
    portion.writeContext(steps.context());
    if (size.every() > 1) {
      last = steps.lastRow().or(() -> last);
    }
    length += portion.count();
  }

  /** Takes notice of which of the next positions are real; returns how many are, up to each. */
  private int[] ranks(boolean[] visible) {
    int[] ranks = new int[visible.length];
    for (int i = 0; i < visible.length; i++) {
      if (visible[i]) {
        real.add(length + i);
      }
      ranks[i] = real.length();
    }
    return ranks;
  }

  @Override
  public long bytes() {
    return heads.stream().mapToLong(FloatHead::bytes).sum()
        + real.bytes()
        + (long) Float.BYTES * painted.length
        + last.map(EstimatedRow::bytes).orElse(0L);
  }
}
