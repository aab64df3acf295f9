package dev.saccade.runtime.safetensors;

import dev.saccade.runtime.SaccadeException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * A {@code .safetensors} file: named tensors that are read one by one.
 *
 * <p>Opening reads and checks the header only: every tensor lies inside the file, none overlap, and
 * shape and type agree with the bytes. Tensors are memory-mapped while they are copied into the
 * array returned. Any number of threads may read; closing ends that.
 */
public final class SafetensorsFile implements AutoCloseable {

  /** The largest header read; that of a model with a thousand layers has about 2 MB. */
  private static final long MAXIMUM_HEADER = 100_000_000;

  /** A mapping is limited to 2 GB; a multiple of every element size. */
  private static final long WINDOW = 1L << 28;

  private final Path path;
  private final FileChannel channel;
  private final Map<String, String> metadata;
  private final Map<String, TensorEntry> entries;

  private SafetensorsFile(Path path, FileChannel channel, SafetensorsHeader header) {
    this.path = path;
    this.channel = channel;
    this.metadata = Collections.unmodifiableMap(header.metadata());
    this.entries = Collections.unmodifiableMap(header.entries());
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws SaccadeException when the file is missing or damaged; the message says at which byte
   */
  public static SafetensorsFile open(Path path) {
    if (Files.isDirectory(path)) {
      throw new SaccadeException(path + " is a directory, not a .safetensors file");
    }
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      try {
        return new SafetensorsFile(path, channel, readHeader(path, channel));
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw new SaccadeException(path + " does not exist", e);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static SafetensorsHeader readHeader(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < SafetensorsHeader.START) {
      throw new SaccadeException(
          "%s: a .safetensors file starts with 8 bytes of header length, but this one has %d bytes"
              .formatted(path, size));
    }
    long length =
        ByteBuffer.wrap(read(channel, 0, SafetensorsHeader.START))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    if (length < 2 || length > MAXIMUM_HEADER || length > size - SafetensorsHeader.START) {
      throw new SaccadeException(
          ("%s: the header length at byte 0 must be from 2 to %d, but is %s: the file is truncated"
                  + " or no .safetensors file")
              .formatted(
                  path,
                  Math.min(MAXIMUM_HEADER, size - SafetensorsHeader.START),
                  Long.toUnsignedString(length)));
    }
    byte[] json = read(channel, SafetensorsHeader.START, (int) length);
    return SafetensorsHeader.parse(path.toString(), json, size);
  }

  private static byte[] read(FileChannel channel, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw new EOFException("it ended at byte " + (offset + buffer.position()));
      }
    }
    return bytes;
  }

  /** Returns the file's own notes, such as {@code format=pt}. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Returns the tensors by name, in the header's order. */
  public Map<String, TensorEntry> tensors() {
    return entries;
  }

  /**
   * Returns where a tensor is.
   *
   * @throws SaccadeException when the file has no tensor of that name
   */
  public TensorEntry tensor(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new SaccadeException(
          "%s has no tensor named %s; it has %d, such as %s"
              .formatted(path, name, entries.size(), entries.keySet().stream().limit(5).toList()));
    }
    return entry;
  }

  /** Reads a tensor of type F32, F16 or BF16 row by row; all three fit a float exactly. */
  public float[] floats(String name) {
    TensorEntry entry = typed(name, TensorType.F32, TensorType.F16, TensorType.BF16);
    float[] values = new float[length(entry)];
    read(
        entry,
        (bytes, from, count) -> {
          switch (entry.type()) {
            case F32 -> bytes.asFloatBuffer().get(values, from, count);
            case F16 -> {
              for (int i = 0; i < count; i++) {
                values[from + i] = HalfPrecision.float16(bytes.getShort());
              }
            }
            default -> {
              for (int i = 0; i < count; i++) {
                values[from + i] = HalfPrecision.bfloat16(bytes.getShort());
              }
            }
          }
        });
    return values;
  }

  /** Reads a tensor of type F64, F32, F16 or BF16 row by row. */
  public double[] doubles(String name) {
    TensorEntry entry =
        typed(name, TensorType.F64, TensorType.F32, TensorType.F16, TensorType.BF16);
    double[] values = new double[length(entry)];
    if (entry.type() == TensorType.F64) {
      read(entry, (bytes, from, count) -> bytes.asDoubleBuffer().get(values, from, count));
      return values;
    }
    float[] floats = floats(name);
    for (int i = 0; i < values.length; i++) {
      values[i] = floats[i];
    }
    return values;
  }

  /** Reads a tensor of type I64, I32, U8 or BOOL row by row. */
  public long[] longs(String name) {
    TensorEntry entry = typed(name, TensorType.I64, TensorType.I32, TensorType.U8, TensorType.BOOL);
    long[] values = new long[length(entry)];
    read(
        entry,
        (bytes, from, count) -> {
          switch (entry.type()) {
            case I64 -> bytes.asLongBuffer().get(values, from, count);
            case I32 -> {
              for (int i = 0; i < count; i++) {
                values[from + i] = bytes.getInt();
              }
            }
            default -> {
              for (int i = 0; i < count; i++) {
                values[from + i] = Byte.toUnsignedLong(bytes.get());
              }
            }
          }
        });
    return values;
  }

  /** Reads a tensor of type U8 or BOOL row by row. */
  public byte[] bytes(String name) {
    TensorEntry entry = typed(name, TensorType.U8, TensorType.BOOL);
    byte[] values = new byte[length(entry)];
    read(entry, (bytes, from, count) -> bytes.get(values, from, count));
    return values;
  }

  private TensorEntry typed(String name, TensorType... readable) {
    TensorEntry entry = tensor(name);
    Set<TensorType> types = Set.of(readable);
    if (!types.contains(entry.type())) {
      throw new SaccadeException(
          "%s: tensor %s is %s, but one of %s is needed here"
              .formatted(path, name, entry.type(), types.stream().sorted().toList()));
    }
    return entry;
  }

  private int length(TensorEntry entry) {
    // Some JVMs refuse the very largest indices.
    if (entry.size() > Integer.MAX_VALUE - 8) {
      throw new SaccadeException(
          "%s: tensor %s has %d elements, more than a Java array holds"
              .formatted(path, entry.name(), entry.size()));
    }
    return (int) entry.size();
  }

  /** Copies {@code count} elements, of which the first goes to index {@code from}. */
  @FunctionalInterface
  private interface Copy {
    void copy(ByteBuffer bytes, int from, int count);
  }

  private void read(TensorEntry entry, Copy copy) {
    int width = entry.type().bytes();
    try {
      for (long at = entry.begin(); at < entry.end(); at += WINDOW) {
        long length = Math.min(WINDOW, entry.end() - at);
        ByteBuffer mapped =
            channel.map(FileChannel.MapMode.READ_ONLY, at, length).order(ByteOrder.LITTLE_ENDIAN);
        copy.copy(mapped, (int) ((at - entry.begin()) / width), (int) (length / width));
      }
    } catch (IOException e) {
      throw new SaccadeException(
          "%s: tensor %s cannot be read at byte %d: %s"
              .formatted(path, entry.name(), entry.begin(), e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
