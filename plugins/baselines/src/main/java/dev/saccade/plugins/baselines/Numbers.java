package dev.saccade.plugins.baselines;

import dev.saccade.api.ElementType;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/** A tensor in host memory, read and written in pieces as doubles, whatever it stores. */
sealed interface Numbers {

  /** Copies {@code count} numbers from {@code offset} on into the beginning of {@code into}. */
  void read(long offset, double[] into, int count);

  /** Copies as above, rounded to float32, to {@code at} and behind. */
  void read(long offset, float[] into, int at, int count);

  /** Copies {@code count} numbers of {@code from}, from {@code at} on, to {@code offset}. */
  void write(long offset, float[] from, int at, int count);

  /** Copies the first {@code count} numbers of {@code from} to {@code offset}. */
  void write(long offset, double[] from, int count);

  /** Float32 and float64 only. */
  static Numbers of(Tensor tensor) {
    ByteBuffer bytes = tensor.bytes().order(ByteOrder.nativeOrder());
    return tensor.elementType() == ElementType.F64
        ? new Doubles(bytes.asDoubleBuffer())
        : new Floats(bytes.asFloatBuffer());
  }

  /** Stored in 64 bits. */
  record Doubles(DoubleBuffer buffer) implements Numbers {

    @Override
    public void read(long offset, double[] into, int count) {
      buffer.get(Math.toIntExact(offset), into, 0, count);
    }

    @Override
    public void read(long offset, float[] into, int at, int count) {
      int from = Math.toIntExact(offset);
      for (int i = 0; i < count; i++) {
        into[at + i] = (float) buffer.get(from + i);
      }
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      int to = Math.toIntExact(offset);
      for (int i = 0; i < count; i++) {
        buffer.put(to + i, from[at + i]);
      }
    }

    @Override
    public void write(long offset, double[] from, int count) {
      buffer.put(Math.toIntExact(offset), from, 0, count);
    }
  }

  /** Stored in 32 bits. */
  record Floats(FloatBuffer buffer) implements Numbers {

    @Override
    public void read(long offset, float[] into, int at, int count) {
      buffer.get(Math.toIntExact(offset), into, at, count);
    }

    @Override
    public void write(long offset, float[] from, int at, int count) {
      buffer.put(Math.toIntExact(offset), from, at, count);
    }

    @Override
    public void read(long offset, double[] into, int count) {
      int from = Math.toIntExact(offset);
      for (int i = 0; i < count; i++) {
        into[i] = buffer.get(from + i);
      }
    }

    @Override
    public void write(long offset, double[] from, int count) {
      int to = Math.toIntExact(offset);
      for (int i = 0; i < count; i++) {
        buffer.put(to + i, (float) from[i]);
      }
    }
  }
}
