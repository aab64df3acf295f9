package dev.saccade.runtime.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

  private static final float[] NUMBERS = {1.5f, -2.25f, 0, -0.0f, 3e-5f, 65504};

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("model.safetensors");
  }

  private static SafetensorsWriter three() {
    return new SafetensorsWriter()
        .metadata("format", "pt")
        .add("z.half", TensorType.F16, new long[] {2, 3}, () -> NUMBERS)
        .add("b.whole", TensorType.F32, new long[] {3, 2}, () -> NUMBERS)
        .add("a.single", TensorType.F32, new long[0], () -> new float[] {(float) Math.PI})
        .add("a.brain", TensorType.BF16, new long[] {6}, () -> NUMBERS);
  }

  @Test
  void what_was_written_is_read_again() {
    three().write(file());

    try (SafetensorsFile read = SafetensorsFile.open(file())) {
      assertThat(read.metadata()).containsOnly(Map.entry("format", "pt"));
      assertThat(read.tensor("z.half").shape()).containsExactly(2L, 3L);
      assertThat(read.tensor("z.half").type()).isEqualTo(TensorType.F16);
      assertThat(read.floats("b.whole")).containsExactly(NUMBERS);
      assertThat(read.floats("a.single")).containsExactly((float) Math.PI);
      assertThat(read.floats("z.half")[0]).isEqualTo(1.5f);
      assertThat(read.floats("z.half")[5]).isEqualTo(65504);
      assertThat(read.floats("a.brain")).containsSubsequence(1.5f, -2.25f, 0, -0.0f);
    }
  }

  /** By the format's description alone, with nothing of this package. */
  @Test
  void a_reader_that_knows_only_the_format_finds_header_order_and_numbers() throws IOException {
    three().write(file());

    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file())).order(ByteOrder.LITTLE_ENDIAN);
    int header = Math.toIntExact(bytes.getLong(0));
    String json = new String(bytes.array(), 8, header, StandardCharsets.UTF_8);
    JsonNode tensors = new ObjectMapper().readTree(json);
    assertThat(header % 8).as("the numbers begin at a multiple of 8").isZero();
    assertThat(json.stripTrailing()).endsWith("}");
    List<String> names = new ArrayList<>();
    tensors.fieldNames().forEachRemaining(names::add);
    assertThat(names).containsExactly("__metadata__", "a.single", "b.whole", "a.brain", "z.half");
    long end = 0;
    for (String name : names.subList(1, names.size())) {
      assertThat(tensors.get(name).get("data_offsets").get(0).asLong()).isEqualTo(end);
      end = tensors.get(name).get("data_offsets").get(1).asLong();
    }
    assertThat(8L + header + end).isEqualTo(bytes.capacity());
    assertThat(bytes.getFloat(8 + header)).isEqualTo((float) Math.PI);
    assertThat(bytes.getFloat(8 + header + 4 + 4)).isEqualTo(-2.25f);
  }

  @Test
  void the_same_tensors_give_the_same_bytes_in_whatever_order_they_are_added() throws IOException {
    Path other = directory.resolve("other.safetensors");
    three().write(file());

    new SafetensorsWriter()
        .add("a.brain", TensorType.BF16, new long[] {6}, () -> NUMBERS)
        .add("a.single", TensorType.F32, new long[0], () -> new float[] {(float) Math.PI})
        .add("z.half", TensorType.F16, new long[] {2, 3}, () -> NUMBERS)
        .add("b.whole", TensorType.F32, new long[] {3, 2}, () -> NUMBERS)
        .metadata("format", "pt")
        .write(other);

    assertThat(other).hasSameBinaryContentAs(file());
  }

  @Test
  void a_file_that_cannot_be_finished_leaves_the_old_one_as_it_was() throws IOException {
    three().write(file());
    byte[] before = Files.readAllBytes(file());
    SafetensorsWriter tooFew =
        new SafetensorsWriter().add("a", TensorType.F32, new long[] {7}, () -> new float[6]);

    assertThatThrownBy(() -> tooFew.write(file()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tensor a [7] was given 6 numbers");

    assertThat(Files.readAllBytes(file())).isEqualTo(before);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file());
    }
  }

  @Test
  void two_tensors_of_one_name_and_types_that_hold_no_floats_are_refused() {
    SafetensorsWriter writer = three();

    assertThatThrownBy(() -> writer.add("b.whole", TensorType.F32, new long[0], () -> NUMBERS))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("two tensors named b.whole");
    assertThatThrownBy(() -> writer.add("c", TensorType.I64, new long[0], () -> NUMBERS))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("not as I64");
  }
}
