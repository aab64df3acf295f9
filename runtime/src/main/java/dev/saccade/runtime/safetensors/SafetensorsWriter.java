package dev.saccade.runtime.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Writes a {@code .safetensors} file tensor by tensor, so that no more than one is in memory, and
 * moves it into place when it is whole.
 *
 * <p>The same tensors give the same bytes, in whatever order they are added: as the format's own
 * writer does, those of wider elements come first, then they go by name, and spaces after the
 * header let the numbers begin at a multiple of 8. Used by one thread.
 */
public final class SafetensorsWriter {

  private static final int ALIGNMENT = 8;
  private static final int BUFFER = 1 << 16;

  private static final JsonFactory JSON = new JsonFactory();

  private record Waiting(String name, TensorType type, List<Long> shape, Supplier<float[]> values) {

    long bytes() {
      return shape.stream().reduce((long) type.bytes(), Math::multiplyExact);
    }
  }

  private final Map<String, String> metadata = new TreeMap<>();
  private final Map<String, Waiting> tensors = new TreeMap<>();

  /** Adds a note, such as {@code format=pt}. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor of floating-point numbers.
   *
   * @param name that no other tensor has
   * @param type F32, F16 or BF16; rounded to the nearest, half to even, and beyond the greatest
   *     half to infinity
   * @param shape empty for a single number
   * @param values row by row, asked for once while writing
   */
  public SafetensorsWriter add(
      String name, TensorType type, long[] shape, Supplier<float[]> values) {
    switch (type) {
      case F32, F16, BF16 -> {}
      default ->
          throw new SaccadeException(
              "tensor %s is written as F32, F16 or BF16, not as %s".formatted(name, type));
    }
    if (tensors.put(name, new Waiting(name, type, Arrays.stream(shape).boxed().toList(), values))
        != null) {
      throw new SaccadeException("there are two tensors named " + name);
    }
    return this;
  }

  /**
   * Writes everything that was added.
   *
   * @throws SaccadeException when it cannot be written; an older file is untouched then
   */
  public void write(Path file) {
    List<Waiting> inOrder =
        tensors.values().stream()
            .sorted(
                Comparator.comparingInt((Waiting tensor) -> -tensor.type().bytes())
                    .thenComparing(Waiting::name))
            .toList();
    try {
      AtomicFile.write(
          file,
          out -> {
            writeHeader(inOrder, out);
            for (Waiting tensor : inOrder) {
              writeValues(tensor, out);
            }
          });
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
  }

  private void writeHeader(List<Waiting> inOrder, OutputStream out) throws IOException {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator header = JSON.createGenerator(json)) {
      header.writeStartObject();
      if (!metadata.isEmpty()) {
        header.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> note : metadata.entrySet()) {
          header.writeStringField(note.getKey(), note.getValue());
        }
        header.writeEndObject();
      }
      long begin = 0;
      for (Waiting tensor : inOrder) {
        long end = begin + tensor.bytes();
        header.writeObjectFieldStart(tensor.name());
        header.writeStringField("dtype", tensor.type().name());
        header.writeFieldName("shape");
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        header.writeArray(shape, 0, shape.length);
        header.writeFieldName("data_offsets");
        header.writeArray(new long[] {begin, end}, 0, 2);
        header.writeEndObject();
        begin = end;
      }
      header.writeEndObject();
    }
    while (json.size() % ALIGNMENT != 0) {
      json.write(' ');
    }
    out.write(
        ByteBuffer.allocate(SafetensorsHeader.START)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.size())
            .array());
    json.writeTo(out);
  }

  private static void writeValues(Waiting tensor, OutputStream out) throws IOException {
    float[] values = tensor.values().get();
    if ((long) values.length * tensor.type().bytes() != tensor.bytes()) {
      throw new IllegalArgumentException(
          "tensor %s %s was given %d numbers"
              .formatted(tensor.name(), tensor.shape(), values.length));
    }
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (tensor.type()) {
        case F32 -> buffer.putFloat(value);
        case F16 -> buffer.putShort(HalfPrecision.toFloat16(value));
        default -> buffer.putShort(HalfPrecision.toBfloat16(value));
      }
      if (!buffer.hasRemaining()) {
        out.write(buffer.array());
        buffer.clear();
      }
    }
    out.write(buffer.array(), 0, buffer.position());
  }
}
