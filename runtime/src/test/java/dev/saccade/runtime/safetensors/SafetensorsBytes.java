package dev.saccade.runtime.safetensors;

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

/** Writes safetensors files for tests, sound ones and, from a header of choice, damaged ones. */
public final class SafetensorsBytes {

  private final StringJoiner header = new StringJoiner(",", "{", "}");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** Adds a tensor whose bytes are given. */
  public SafetensorsBytes add(String name, String type, long[] shape, byte[] bytes) {
    header.add(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(
                name, type, Arrays.toString(shape), data.size(), data.size() + bytes.length));
    data.writeBytes(bytes);
    return this;
  }

  /** Adds a tensor of floats, rounded to F32, F16 or BF16. */
  public SafetensorsBytes add(String name, String type, long[] shape, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * (type.equals("F32") ? 4 : 2))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (type) {
        case "F32" -> bytes.putFloat(value);
        case "F16" -> bytes.putShort(float16(value));
        default -> bytes.putShort(bfloat16(value));
      }
    }
    return add(name, type, shape, bytes.array());
  }

  /** Rounds to the nearest half by way of its spacing: 2^-10 of the power of two below. */
  private static short float16(float value) {
    float magnitude = Math.abs(value);
    int exponent = Math.max(Math.getExponent(magnitude), -14);
    long steps = Math.round(Math.rint(Math.scalb((double) magnitude, 10 - exponent)));
    // Steps of 1024 and more carry into the exponent by themselves.
    long bits = steps < 1024 ? steps : ((exponent + 14L) << 10) + steps;
    return (short) (value < 0 ? bits | 0x8000 : bits);
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  public Path write(Path file) {
    return write(file, header.toString(), data.toByteArray());
  }

  static Path write(Path file, String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).put(data);
    try {
      return Files.write(file, bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
