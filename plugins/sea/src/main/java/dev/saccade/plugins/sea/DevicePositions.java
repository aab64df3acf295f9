package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.plugins.sea.cuda.ArenaLayout;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Some next positions on their way to a GPU and back: queries, keys, values and ranks lie side by
 * side there, so that one copy brings them, and contexts behind them.
 */
final class DevicePositions {

  private final DecodingStep step;
  private final int first;
  private final Shape shape; // [B, H, count, D]
  private final int[] realBefore; // [B]
  private final int[] realAfter; // [B]
  private final long query;
  private final long key;
  private final long value;
  private final long ranks; // [B, count]
  private final long ranksBefore; // [B]
  private final int uploaded; // bytes
  private final long context;
  private final long bytes;

  /**
   * @param first of the step's
   * @param real how many positions of each sequence before were no padding
   */
  DevicePositions(DecodingStep step, int first, int count, int[] real) {
    Shape whole = step.query().shape();
    this.step = step;
    this.first = first;
    this.shape = Shape.of(whole.axis(0), whole.axis(1), count, whole.axis(3));
    this.realBefore = real.clone();
    this.realAfter = real.clone();
    long numbers = shape.elements() * Float.BYTES;
    ArenaLayout layout = new ArenaLayout();
    this.query = layout.take(numbers);
    this.key = layout.take(numbers);
    this.value = layout.take(numbers);
    this.ranks = layout.take((long) real.length * count * Integer.BYTES);
    this.ranksBefore = layout.take((long) real.length * Integer.BYTES);
    this.uploaded = Math.toIntExact(layout.bytes());
    this.context = layout.take(numbers);
    this.bytes = layout.bytes();
  }

  /** What they take in the arena, from its beginning. */
  long bytes() {
    return bytes;
  }

  DeviceTensor query(GpuSession session) {
    return tensor(session, query);
  }

  DeviceTensor key(GpuSession session) {
    return tensor(session, key);
  }

  DeviceTensor value(GpuSession session) {
    return tensor(session, value);
  }

  DeviceTensor context(GpuSession session) {
    return tensor(session, context);
  }

  /** How many real keys there are up to each position, {@code [B, count]}, integers. */
  long ranks(GpuSession session) {
    return session.arena().address() + ranks;
  }

  /** How many there are before all of them, {@code [B]}, integers. */
  long ranksBefore(GpuSession session) {
    return session.arena().address() + ranksBefore;
  }

  private DeviceTensor tensor(GpuSession session, long offset) {
    return new DeviceTensor(session.arena().address() + offset, shape, ElementType.F32);
  }

  /** How many positions of each sequence are no padding, these included. */
  int[] realAfter() {
    return realAfter.clone();
  }

  /**
   * Brings them to the arena.
   *
   * @param staging gives host memory of so many bytes
   */
  void upload(GpuSession session, IntFunction<ByteBuffer> staging) {
    ByteBuffer into = staging.apply(uploaded);
    gather(step.query(), into, query);
    gather(step.key(), into, key);
    gather(step.value(), into, value);
    rank(into);
    session.upload(into, session.arena().address());
  }

  private void rank(ByteBuffer into) {
    int count = count();
    for (int sequence = 0; sequence < realBefore.length; sequence++) {
      into.putInt((int) ranksBefore + sequence * Integer.BYTES, realBefore[sequence]);
      float[] visible = visible(sequence);
      for (int i = 0; i < count; i++) {
        realAfter[sequence] += visible[i] == 0 ? 0 : 1;
        into.putInt((int) ranks + (sequence * count + i) * Integer.BYTES, realAfter[sequence]);
      }
    }
  }

  private float[] visible(int sequence) {
    float[] visible = new float[count()];
    Arrays.fill(visible, 1);
    step.visible()
        .ifPresent(
            tensor ->
                tensor.read(sequence * tensor.shape().axis(1) + first, visible, 0, visible.length));
    return visible;
  }

  /** Writes the step's contexts, when they are there. */
  void download(GpuSession session, IntFunction<ByteBuffer> staging) {
    long address = session.arena().address() + context;
    if (isWhole()) {
      session.download(address, step.context().bytes());
      return;
    }
    ByteBuffer from = staging.apply(Math.toIntExact(shape.elements() * Float.BYTES));
    session.download(address, from);
    ByteBuffer into = step.context().bytes();
    for (int row = 0; row < rows(); row++) {
      into.put(at(row), from, row * rowBytes(), rowBytes());
    }
  }

  private void gather(Tensor tensor, ByteBuffer into, long offset) {
    ByteBuffer from = tensor.bytes();
    if (isWhole()) {
      into.put((int) offset, from, 0, rows() * rowBytes());
      return;
    }
    for (int row = 0; row < rows(); row++) {
      into.put((int) offset + row * rowBytes(), from, at(row), rowBytes());
    }
  }

  private int count() {
    return (int) shape.axis(2);
  }

  private boolean isWhole() {
    return step.query().shape().equals(shape);
  }

  /** Those of one head lie side by side. */
  private int rows() {
    return (int) (shape.axis(0) * shape.axis(1));
  }

  private int rowBytes() {
    return (int) (shape.axis(2) * shape.axis(3) * Float.BYTES);
  }

  /** Where they begin in the bytes of a tensor of the step. */
  private int at(int row) {
    long position = row * step.query().shape().axis(2) + first;
    return Math.toIntExact(position * shape.axis(3) * Float.BYTES);
  }
}
