package dev.saccade.conformance.golden;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.StringJoiner;

/** Writes the two files of a golden case. */
final class GoldenFiles {

  private final StringJoiner header = new StringJoiner(",", "{", "}");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  GoldenFiles floats(String name, long[] shape, double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(value -> bytes.putFloat((float) value));
    return add(name, "F32", shape, bytes.array());
  }

  GoldenFiles mask(String name, long[] shape, int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return add(name, "U8", shape, bytes);
  }

  private GoldenFiles add(String name, String type, long[] shape, byte[] bytes) {
    header.add(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(
                name, type, Arrays.toString(shape), data.size(), data.size() + bytes.length));
    data.writeBytes(bytes);
    return this;
  }

  /** Writes {@code NAME.json} and {@code NAME.safetensors}. */
  void write(Path folder, String name, String manifest) {
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json).put(data.toByteArray());
    try {
      Files.writeString(folder.resolve(name + ".json"), manifest);
      Files.write(folder.resolve(name + ".safetensors"), file.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
