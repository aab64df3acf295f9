package dev.saccade.gpu;

import dev.saccade.api.Shape;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The next n positions of a text, in host memory.
 *
 * @param query {@code [B, H, n, D]}, as key, value and context
 * @param visible {@code [B, n]}, zero for padding
 */
record Positions(
    HostFloats query,
    HostFloats key,
    HostFloats value,
    Optional<Tensor> visible,
    HostFloats context)
    implements DecodingStep {

  /**
   * Those from one position to before another.
   *
   * @param inputs query, key and value of all
   */
  static Positions of(Sizes sizes, List<Numbers> inputs, int from, int to) {
    Optional<Tensor> visible = Optional.empty();
    if (sizes.masking().padded()) {
      Shape shape = Shape.of(sizes.batch(), to - from);
      visible = Optional.of(part(sizes.real(), shape, sizes.length(), 1, from, to));
    }
    Shape shape = Shape.of(sizes.batch(), sizes.heads(), to - from, sizes.headSize());
    List<HostFloats> parts =
        inputs.subList(0, 3).stream()
            .map(each -> part(each.values(), shape, sizes.length(), sizes.headSize(), from, to))
            .toList();
    return new Positions(
        parts.get(0), parts.get(1), parts.get(2), visible, HostFloats.empty(shape));
  }

  /**
   * @param values rows of {@code length} vectors of {@code size}, of which a part is taken
   */
  private static HostFloats part(
      double[] values, Shape shape, int length, int size, int from, int to) {
    HostFloats part = HostFloats.empty(shape);
    int count = (to - from) * size;
    for (int row = 0; row * length * size < values.length; row++) {
      part.write((long) row * count, values, (row * length + from) * size, count);
    }
    return part;
  }

  /** Random ones. */
  static Positions random(Shape shape, RandomGenerator random) {
    return new Positions(
        HostFloats.gaussian(shape, random),
        HostFloats.gaussian(shape, random),
        HostFloats.gaussian(shape, random),
        Optional.empty(),
        HostFloats.empty(shape));
  }

  /**
   * Puts their contexts where they belong.
   *
   * @param into {@code [B, H, T, D]}
   * @param from the first of them
   */
  void copyContexts(Sizes sizes, double[] into, int from) {
    int count = (int) context.shape().axis(2) * sizes.headSize();
    for (int row = 0; row < sizes.batch() * sizes.heads(); row++) {
      int to = (row * sizes.length() + from) * sizes.headSize();
      context.read((long) row * count, into, to, count);
    }
  }

  @Override
  public BlockMath math(Arithmetic arithmetic) {
    throw new IllegalStateException("arithmetic for blocks is a runtime's, which there is none of");
  }

  @Override
  public void parallel(int tasks, IntConsumer body) {
    Parallel.forEach(tasks, body);
  }

  @Override
  public <W> void parallel(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    ThreadLocal<W> workers = ThreadLocal.withInitial(worker);
    Parallel.forEach(tasks, task -> body.accept(workers.get(), task));
  }
}
