package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.FlashProgram;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * softmax(QKᵀ/√D)·V, as {@link FlashProgram} takes its inputs.
 *
 * @param maskings that it is tried with; the first is the one that it is timed with
 */
record ExactAttention(List<Masking> maskings) implements Attention {

  static final ExactAttention CAUSAL =
      new ExactAttention(List.of(Masking.CAUSAL, Masking.CAUSAL_PADDING));
  static final ExactAttention AROUND = new ExactAttention(List.of(Masking.NONE, Masking.PADDING));

  @Override
  public boolean takes(Sizes sizes) {
    return maskings.contains(sizes.masking());
  }

  @Override
  public Masking timed() {
    return maskings.get(0);
  }

  @Override
  public KernelRequest request(Sizes sizes, ElementType type) {
    List<Shape> shapes =
        new ArrayList<>(List.of(sizes.queryShape(), sizes.keyShape(), sizes.keyShape()));
    List<ElementType> types = new ArrayList<>(List.of(type, type, type));
    if (sizes.masking().padded()) {
      shapes.add(sizes.realShape());
      types.add(ElementType.F32);
    }
    return new KernelRequest(
        shapes,
        types,
        type,
        FlashProgram.arguments(PlainAttention.scale(sizes), sizes.masking().causal()));
  }

  @Override
  public Trial trial(Sizes sizes, ElementType type, RandomGenerator random) {
    List<Numbers> inputs = new ArrayList<>();
    inputs.add(Numbers.gaussian(random, sizes.queryShape(), type));
    inputs.add(Numbers.gaussian(random, sizes.keyShape(), type));
    inputs.add(Numbers.gaussian(random, sizes.keyShape(), type));
    inputs.addAll(others(sizes, random));
    return new ExactTrial(sizes, type, inputs, Numbers.gaussian(random, sizes.queryShape(), type));
  }

  @Override
  public List<Numbers> others(Sizes sizes, RandomGenerator random) {
    return sizes.masking().padded()
        ? List.of(new Numbers(sizes.realShape(), ElementType.F32, sizes.real()))
        : List.of();
  }

  /**
   * Two products of T·T·D forward and five back, half of that where the future is hidden; every
   * tensor once.
   */
  @Override
  public List<Floor> floors(Sizes sizes, ElementType type, Pass pass) {
    double rows = sizes.rows();
    double seen = sizes.masking().causal() ? (sizes.length() + 1) / 2.0 : sizes.length();
    int products = pass == Pass.FORWARD ? 2 : 5;
    int tensors = pass == Pass.FORWARD ? 4 : 8;
    return List.of(
        new Floor(
            "all",
            rows * (tensors * type.bytes() * sizes.headSize() + 2 * Float.BYTES),
            rows * seen * products * 2 * sizes.headSize()));
  }
}
