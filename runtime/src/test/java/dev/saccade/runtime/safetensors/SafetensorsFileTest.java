package dev.saccade.runtime.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {

  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void name() {
    path = directory.resolve("model.safetensors");
  }

  @Test
  void floats_of_three_types_are_exact() {
    float[] values = {0f, 1f, -2.5f, 0x1p-14f, 0x1p-20f, 65504f};
    new SafetensorsBytes()
        .add(
            "single", "F32", new long[] {2, 3}, new float[] {1, 2, 3, 0x1.fffffep127f, -0f, 1e-40f})
        .add("half", "F16", new long[] {2, 3}, values)
        .add(
            "brain", "BF16", new long[] {6}, new float[] {0f, 1f, -2.5f, 0x1p-100f, 0x1.fep127f, 3})
        .write(path);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.floats("single")).containsExactly(1, 2, 3, 0x1.fffffep127f, -0f, 1e-40f);
      assertThat(file.floats("half")).containsExactly(values);
      assertThat(file.floats("brain")).containsExactly(0f, 1f, -2.5f, 0x1p-100f, 0x1.fep127f, 3);
      assertThat(file.doubles("half")).containsExactly(0, 1, -2.5, 0x1p-14, 0x1p-20, 65504);
      assertThat(file.tensor("single").shape()).containsExactly(2L, 3L);
    }
  }

  @Test
  void every_half_has_the_value_that_its_bits_say() {
    for (int bits = 0; bits < 0x10000; bits++) {
      int exponent = (bits >> 10) & 31;
      int fraction = bits & 1023;
      double expected =
          exponent == 31
              ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
              : exponent == 0
                  ? fraction / 1024.0 * Math.pow(2, -14)
                  : (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);

      float actual = HalfPrecision.float16((short) bits);

      // Boxed, so that NaN equals itself and 0 does not equal -0.
      assertThat((double) actual)
          .isEqualTo(Double.valueOf((bits & 0x8000) == 0 ? expected : -expected));
    }
  }

  @Test
  void doubles_and_whole_numbers_are_read() {
    new SafetensorsBytes()
        .add("doubles", "F64", new long[] {2}, little(16).putDouble(Math.PI).putDouble(-1).array())
        .add("longs", "I64", new long[] {1}, little(8).putLong(Long.MIN_VALUE).array())
        .add("ints", "I32", new long[] {2}, little(8).putInt(-7).putInt(7).array())
        .add("bytes", "U8", new long[] {3}, new byte[] {0, 127, -1})
        .add("mask", "BOOL", new long[] {2}, new byte[] {0, 1})
        .write(path);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.doubles("doubles")).containsExactly(Math.PI, -1);
      assertThat(file.longs("longs")).containsExactly(Long.MIN_VALUE);
      assertThat(file.longs("ints")).containsExactly(-7, 7);
      assertThat(file.longs("bytes")).containsExactly(0, 127, 255);
      assertThat(file.bytes("bytes")).containsExactly(0, 127, -1);
      assertThat(file.longs("mask")).containsExactly(0, 1);
    }
  }

  @Test
  void numbers_without_axes_and_empty_tensors_are_read() {
    new SafetensorsBytes()
        .add("number", "F32", new long[] {}, new float[] {5})
        .add("empty", "F32", new long[] {3, 0}, new float[] {})
        .write(path);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.floats("number")).containsExactly(5);
      assertThat(file.tensor("number").shape()).isEmpty();
      assertThat(file.floats("empty")).isEmpty();
    }
  }

  @Test
  void metadata_and_padding_after_the_header_are_read() {
    SafetensorsBytes.write(path, "{\"__metadata__\":{\"format\":\"pt\"}}     ", new byte[0]);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.metadata()).containsEntry("format", "pt");
      assertThat(file.tensors()).isEmpty();
    }
  }

  @Test
  void a_tensor_of_another_type_is_refused() {
    new SafetensorsBytes().add("x", "F64", new long[] {1}, new byte[8]).write(path);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThatThrownBy(() -> file.floats("x"))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("tensor x is F64, but one of [F32, F16, BF16] is needed");
    }
  }

  @Test
  void an_unknown_tensor_names_some_that_there_are() {
    new SafetensorsBytes().add("weight", "U8", new long[] {1}, new byte[1]).write(path);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThatThrownBy(() -> file.bytes("bias"))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("has no tensor named bias; it has 1, such as [weight]");
    }
  }

  @Test
  void a_file_cut_anywhere_is_refused() throws Exception {
    new SafetensorsBytes().add("x", "F32", new long[] {2, 3}, new float[6]).write(path);
    byte[] whole = Files.readAllBytes(path);

    for (int length = 0; length < whole.length; length++) {
      Files.write(path, Arrays.copyOf(whole, length));

      assertThatThrownBy(() -> SafetensorsFile.open(path).close())
          .as("cut to %d of %d bytes", length, whole.length)
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("byte");
    }
  }

  @Test
  void a_damaged_byte_in_the_header_is_refused_or_harmless() throws Exception {
    new SafetensorsBytes()
        .add("x", "F32", new long[] {2, 3}, new float[6])
        .add("y", "U8", new long[] {5}, new byte[5])
        .write(path);
    byte[] whole = Files.readAllBytes(path);
    Random random = new Random(13);

    for (int i = 0; i < whole.length - 29; i++) {
      for (int attempt = 0; attempt < 5; attempt++) {
        byte[] damaged = whole.clone();
        damaged[i] = (byte) random.nextInt();
        Files.write(path, damaged);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
          assertThat(file.tensors().values()).allMatch(t -> t.end() <= whole.length);
        } catch (SaccadeException e) {
          assertThat(e).hasMessageContaining("model.safetensors");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 1000, 1L << 40, Long.MIN_VALUE, Long.MAX_VALUE})
  void a_header_length_out_of_range_is_refused(long length) throws Exception {
    Files.write(path, little(108).putLong(length).array());

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("header length at byte 0 must be from 2 to 100, but is ")
        .hasMessageContaining(Long.toUnsignedString(length));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]                                                        | must be a JSON object",
        "{\"x\":3}                                                 | x must be a JSON object",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}                 | needs dtype, shape and two",
        "{\"x\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,8]}} | dtype F4, which is not",
        "{\"x\":{\"dtype\":3,\"shape\":[2],\"data_offsets\":[0,8]}}  | dtype 3, which is not one of",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | takes 12 bytes, but has 8",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | from 0 to 2^63 - 1, not -2",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}} | whole numbers",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}} | shape of tensor x must be an array",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | claims bytes 8 to 0",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}} | claims bytes 0 to 12 of the data, which has 8",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}} | two data_offsets",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"y\":1}} | not y",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}} | larger than any file",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}} | 2^63",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | end at byte",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | must start at byte",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor y must start at byte",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | Duplicate field 'x'",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} {} | nothing may follow",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2                     | not valid JSON at byte",
        "{\"__metadata__\":{\"a\":1}}                              | metadata a must be a string",
      })
  void a_hostile_header_is_refused_with_the_place(String header, String message) {
    SafetensorsBytes.write(path, header, new byte[8]);

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining(message)
        .hasMessageContaining("byte");
  }

  @Test
  void a_header_nested_without_end_is_refused() {
    SafetensorsBytes.write(path, "{\"x\":{\"shape\":" + "[".repeat(1_000_000), new byte[0]);

    assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(SaccadeException.class);
  }

  @Test
  void a_missing_file_and_a_directory_are_refused() {
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(path + " does not exist");
    assertThatThrownBy(() -> SafetensorsFile.open(directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("is a directory");
  }

  @Test
  void entries_print_as_people_write_them() {
    assertThat(new TensorEntry("x", TensorType.F16, List.of(2L, 3L), 0, 12))
        .hasToString("x F16[2, 3]")
        .extracting(TensorEntry::size)
        .isEqualTo(6L);
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
