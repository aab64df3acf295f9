package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.util.passthrough.PassthroughNDArray;
import ai.djl.util.passthrough.PassthroughNDManager;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.fixture.TinyEncoder;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.weights.OptConfig.Norms;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.osgi.framework.Version;

/** What we save, the Deep Java Library reads: same names, shapes and bits, by code not ours. */
class DjlReadsSavedModelsTest {

  private static final OptConfig BEHIND =
      new OptConfig(17, 5, 21, 2, 3, 11, 13, Norms.AFTER, false, Activation.GELU, 1, 2, 3);

  @TempDir Path directory;

  /** Without an engine: it hands out the bytes of every tensor as they are in the file. */
  private static NDList read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return NDList.decode(PassthroughNDManager.INSTANCE, in);
    }
  }

  private static ByteBuffer bytes(NDArray array) {
    ByteBuffer bytes = (ByteBuffer) ((PassthroughNDArray) array).getObject();
    return bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** One element of a tensor against the number that was to be saved. */
  private interface Check {
    void requireSaved(float number, ByteBuffer bytes, int element, String tensor);
  }

  private static void requireBits(float number, ByteBuffer bytes, int element, String tensor) {
    int saved = bytes.getInt(element * Float.BYTES);
    if (saved != Float.floatToRawIntBits(number)) {
      fail("%s[%d] is %s, but DJL reads %08x", tensor, element, number, saved);
    }
  }

  /**
   * Every tensor of a file is a weight under its PyTorch name, and the other way round; what
   * multiplies from the right here is [out, in] there.
   */
  private static void requireSame(
      NDList read, ModelWeights weights, String prefix, DataType type, Check check) {
    TreeSet<String> left = new TreeSet<>(weights.names());
    for (NDArray array : read) {
      String torch = array.getName();
      String name = torch.startsWith(prefix) ? torch.substring(prefix.length()) : torch;
      String kernel = name.replaceAll("weight$", "kernel");
      boolean turned = !left.contains(name);
      assertThat(left.remove(turned ? kernel : name)).as(torch).isTrue();
      INDArray weight = weights.get(turned ? kernel : name);
      INDArray expected = turned ? weight.transpose() : weight;
      assertThat(array.getDataType()).isEqualTo(type);
      assertThat(array.getShape().getShape()).as(torch).isEqualTo(expected.shape());
      float[] numbers = expected.dup('c').data().asFloat();
      ByteBuffer bytes = bytes(array);
      assertThat(bytes.remaining()).isEqualTo(numbers.length * type.getNumOfBytes());
      for (int i = 0; i < numbers.length; i++) {
        check.requireSaved(numbers[i], bytes, i, torch);
      }
    }
    assertThat(left).as("not saved").isEmpty();
  }

  @Test
  void decoders_have_the_bits_that_they_were_saved_with() throws IOException {
    for (OptConfig config : List.of(TinyDecoder.CONFIG, BEHIND)) {
      try (PretrainedDecoder decoder = TinyDecoder.open(config)) {
        decoder.save(directory, TensorType.F32);

        requireSame(
            read(directory.resolve("model.safetensors")),
            decoder.weights(),
            "model.decoder.",
            DataType.FLOAT32,
            DjlReadsSavedModelsTest::requireBits);
      }
    }
  }

  @Test
  void encoders_with_heads_have_the_bits_that_they_were_saved_with() throws IOException {
    try (PretrainedModel encoder = TinyEncoder.withHeads(directory)) {
      encoder.save(directory, TensorType.F32);

      requireSame(
          read(directory.resolve("model.safetensors")),
          encoder.weights(),
          "bert.",
          DataType.FLOAT32,
          DjlReadsSavedModelsTest::requireBits);
    }
  }

  @ParameterizedTest
  @CsvSource({"F16, FLOAT16", "BF16, BFLOAT16"})
  void half_precision_is_the_nearest_there_is(TensorType type, DataType theirs) throws IOException {
    try (PretrainedDecoder decoder = TinyDecoder.open()) {
      // From what vanishes in float16 to what its subnormals hold, and ties in both.
      float[] hard = {3e-8f, 3e-5f, -1e-9f, 1 + 0x1p-11f, 1 + 0x3p-11f, 1 + 0x1p-8f, 1 + 0x3p-8f};
      for (int i = 0; i < hard.length; i++) {
        decoder.weights().get("embed_tokens.weight").putScalar(i, hard[i]);
      }

      decoder.save(directory, type);

      requireSame(
          read(directory.resolve("model.safetensors")),
          decoder.weights(),
          "model.decoder.",
          theirs,
          (number, bytes, element, tensor) ->
              requireNearest(type, number, bytes.getShort(2 * element), tensor));
    }
  }

  /** Neither neighbour is nearer, and an even pattern is taken where one is as near. */
  private static void requireNearest(TensorType type, float number, short saved, String tensor) {
    int pattern = saved & 0x7fff;
    double off = Math.abs(value(type, pattern) - Math.abs(number));
    double below = pattern == 0 ? 1 : Math.abs(value(type, pattern - 1) - Math.abs(number));
    double above = Math.abs(value(type, pattern + 1) - Math.abs(number));
    boolean nearest = off <= Math.min(below, above);
    boolean even = off < Math.min(below, above) || pattern % 2 == 0;
    boolean sign = (saved < 0) == (Float.floatToRawIntBits(number) < 0);
    assertThat(nearest && even && sign)
        .as("%s of %s was saved as %04x", number, tensor, saved)
        .isTrue();
  }

  /** What IEEE 754 and the definition of bfloat16 say that a positive pattern means. */
  private static double value(TensorType type, int pattern) {
    int fractionBits = type == TensorType.F16 ? 10 : 7;
    int bias = type == TensorType.F16 ? 15 : 127;
    int exponent = pattern >> fractionBits;
    double fraction = Math.scalb((double) (pattern & ((1 << fractionBits) - 1)), -fractionBits);
    return exponent == 0
        ? Math.scalb(fraction, 1 - bias)
        : Math.scalb(1 + fraction, exponent - bias);
  }

  @Test
  void what_mechanisms_have_learned_is_read_too() throws IOException {
    MechanismRegistry registry = new MechanismRegistry();
    registry.add(RunningSum.mechanism(), Version.emptyVersion, "sum");
    SlotChoice choice = new SlotChoice("running-sum", Map.of());
    try (PretrainedDecoder decoder = TinyDecoder.open();
        CausalModel model = new CausalModel(decoder, registry, List.of(choice, choice), 3)) {
      model.save(directory, TensorType.BF16);
    }

    NDList read = read(directory.resolve("attention.safetensors"));

    assertThat(read)
        .extracting(NDArray::getName)
        .containsExactlyInAnyOrder("layer.0.running-sum.gain", "layer.1.running-sum.gain");
    assertThat(bytes(read.get(0)).getFloat()).isEqualTo(3);
  }
}
