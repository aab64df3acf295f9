package dev.saccade.plugins.sea;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One run of the published implementation: its configuration, weights, inputs, and what it computed
 * on the way.
 *
 * @param tensors by name: {@code w.*} weights, {@code in.*} inputs, {@code x.*} intermediates
 */
record GoldenCase(String name, JsonNode manifest, Map<String, INDArray> tensors) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A folder of the golden vectors; the test is skipped, and says so, when there are none. */
  static Path folder(String name) {
    String root = System.getProperty("golden.dir");
    assumeTrue(root != null, "-Dgolden.dir=FOLDER runs the golden vectors in FOLDER/" + name);
    return Path.of(Objects.requireNonNull(root), name);
  }

  /** The non-causal cases of a folder, in order. */
  static List<Path> manifests(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("sea_bert_.*\\.json"))
          .sorted()
          .toList();
    }
  }

  static GoldenCase read(Path manifest) throws IOException {
    String name = manifest.getFileName().toString().replace(".json", "");
    return new GoldenCase(
        name,
        JSON.readTree(manifest.toFile()),
        tensors(Files.readAllBytes(manifest.resolveSibling(name + ".safetensors"))));
  }

  INDArray tensor(String tensor) {
    return Objects.requireNonNull(
        tensors.get(tensor), () -> "%s holds no tensor %s".formatted(name, tensor));
  }

  /** How far a float32 result may be from the tensor, by the suite's own measurements. */
  double tolerance(String tensor) {
    return manifest.path("tolerance").path(tensor).path("suggested_atol").asDouble();
  }

  JsonNode config(String key) {
    return Objects.requireNonNull(manifest.path("config").get(key), key);
  }

  AttentionSpec spec() {
    INDArray query = tensor("in.q"); // [B, H, T, D]
    return AttentionSpec.multiHead((int) query.size(1), (int) query.size(3))
        .withMasking(padded() ? Masking.PADDING : Masking.NONE);
  }

  /** Its configuration in the words of this plugin. */
  Map<String, String> options() {
    String grouping =
        config("k_flatten").asBoolean()
            ? config("k_flatten_dim").asText().replace('_', '-')
            : "query";
    return Map.of(
        "k", config("k").asText(),
        "width", config("attention_predictor_length").asText(),
        "feature-divisor", config("performer_nb_factor").asText(),
        "grouping", grouping,
        "oversample", config("k_oversample").asText(),
        "scaler", config("partial_attention_scaler").asText(),
        "joint-encoder", config("attention_predictor_enc_per_layer").asText());
  }

  boolean padded() {
    return manifest.path("config").has("lengths");
  }

  /** One for real, zero for padding, {@code [B, T]}. */
  INDArray realPositions() {
    INDArray mask = tensor("in.attention_mask"); // [B, 1, 1, T]
    return mask.gt(-1).castTo(mask.dataType()).reshape(mask.size(0), mask.size(3));
  }

  boolean scaledByRootOfHeadSize() {
    return manifest.path("scores_divided_by_sqrt_d").asBoolean();
  }

  /** Eight bytes of header length, a JSON header, then the tensors one after the other. */
  private static Map<String, INDArray> tensors(byte[] file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = Math.toIntExact(bytes.getLong());
    JsonNode header = JSON.readTree(file, Long.BYTES, headerLength);
    int data = Long.BYTES + headerLength;
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (entry.getKey().equals("__metadata__")) {
        continue;
      }
      JsonNode tensor = entry.getValue();
      long[] shape = new long[tensor.get("shape").size()];
      long elements = 1;
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = tensor.get("shape").get(axis).asLong();
        elements *= shape[axis];
      }
      double[] values = new double[Math.toIntExact(elements)];
      ByteBuffer from = bytes.position(data + tensor.get("data_offsets").get(0).asInt());
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (tensor.get("dtype").asText()) {
              case "F32" -> from.getFloat();
              case "U8" -> from.get();
              case "I32" -> from.getInt();
              case "I64" -> from.getLong();
              default -> throw new IOException("unexpected type of " + entry);
            };
      }
      INDArray array =
          shape.length == 0 ? Nd4j.scalar(values[0]) : Nd4j.createFromArray(values).reshape(shape);
      tensors.put(entry.getKey(), array);
    }
    return tensors;
  }
}
