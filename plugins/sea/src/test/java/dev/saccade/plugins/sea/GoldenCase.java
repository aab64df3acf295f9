package dev.saccade.plugins.sea;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
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

  /**
   * The manifests of one kind, in order: those in {@code -Dgolden.dir=FOLDER}, or a representative
   * few among the resources.
   *
   * @param kind the name of the folder, such as {@code "sea"}
   */
  static List<Path> manifests(String kind) {
    Path folder = folder(kind);
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> manifests =
          files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
      if (manifests.isEmpty()) {
        throw new IllegalStateException("there are no golden cases in " + folder);
      }
      return manifests;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path folder(String kind) {
    String root = System.getProperty("golden.dir");
    return root == null ? resource(kind) : Path.of(root, kind);
  }

  private static Path resource(String path) {
    try {
      return Path.of(
          Objects.requireNonNull(GoldenCase.class.getResource("/golden/" + path)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One of the cases among the resources. */
  static GoldenCase among(String kind, String name) throws IOException {
    return read(resource(kind + "/" + name + ".json"));
  }

  /** One case among those of {@link #manifests}. */
  static GoldenCase read(String kind, String name) throws IOException {
    return read(folder(kind).resolve(name + ".json"));
  }

  /** The name of the case that a manifest describes. */
  static String name(Path manifest) {
    return manifest.getFileName().toString().replace(".json", "");
  }

  static GoldenCase read(Path manifest) throws IOException {
    String name = name(manifest);
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
    AttentionSpec spec = AttentionSpec.multiHead((int) query.size(1), (int) query.size(3));
    if (!causal()) {
      return spec.withMasking(padded() ? Masking.PADDING : Masking.NONE);
    }
    return spec.withMaxPositions((int) tensor("w.v_eye_learned_causal").size(2))
        .withMasking(padded() ? Masking.CAUSAL_PADDING : Masking.CAUSAL);
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
        "scale", manifest.path("scores_divided_by_sqrt_d").asBoolean() ? "scores" : "nothing",
        "scaler", config("partial_attention_scaler").asText(),
        "joint-encoder", config("attention_predictor_enc_per_layer").asText(),
        "deeper",
            manifest.at("/config/env/PERLIN_HOTFIX_OPT_DEEPER").asText("0").equals("1")
                ? "true"
                : "false",
        "constant-shift", "true");
  }

  boolean causal() {
    return config("causal").asBoolean();
  }

  /** Whether estimates are equal, so that which of them is kept is anyone's choice. */
  boolean tied() {
    return manifest.path("exact_ties_present").asBoolean();
  }

  /** The stored value of a parameter, in its shape. */
  INDArray parameter(Parameter parameter, SeaOptions options) {
    INDArray stored = tensor("w." + CheckpointNames.of(parameter, spec(), options));
    return Shape.of(stored.shape()).equals(parameter.shape())
        ? stored
        : withoutRowsThatLookAhead(stored);
  }

  /** {@code [out, in, 5, 3]} to {@code [out, in, 3, 3]}. */
  static INDArray withoutRowsThatLookAhead(INDArray stored) {
    return stored.get(all(), all(), interval(0, CheckpointNames.ROWS_THAT_LOOK_BACK), all()).dup();
  }

  boolean padded() {
    return manifest.path("config").has("lengths");
  }

  /** One for real, zero for padding, {@code [B, T]}. */
  INDArray realPositions() {
    INDArray mask = tensor("in.attention_mask"); // [B, 1, 1 or T, S]
    INDArray last = mask.get(all(), all(), point(mask.size(2) - 1), all());
    return last.gt(-1).castTo(mask.dataType()).reshape(mask.size(0), mask.size(3));
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
              case "F64" -> from.getDouble();
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
