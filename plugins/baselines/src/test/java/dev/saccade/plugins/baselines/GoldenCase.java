package dev.saccade.plugins.baselines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.TensorEntry;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One run of a published implementation: its configuration, weights, inputs, and what it computed.
 *
 * @param tensors float64, by name: {@code w.*} weights, {@code in.*} inputs, {@code x.*}
 *     intermediates, {@code out.*} results
 */
record GoldenCase(String name, JsonNode manifest, Map<String, INDArray> tensors) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The cases of the mechanism, in order: those of {@code -Dgolden.dir=FOLDER}, in
   * FOLDER/baselines, or else the few that are in the resources.
   */
  static List<GoldenCase> of(GoldenFamily family) {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(".json"))
          .sorted()
          .map(GoldenCase::read)
          .filter(golden -> GoldenFamily.of(golden) == family)
          .toList();
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError("cannot list the golden cases", e);
    }
  }

  private static Path folder() throws URISyntaxException {
    String root = System.getProperty("golden.dir");
    if (root != null) {
      return Path.of(root, "baselines");
    }
    URL resources = Objects.requireNonNull(GoldenCase.class.getResource("/golden/baselines"));
    return Path.of(resources.toURI());
  }

  private static GoldenCase read(Path manifest) {
    String name = manifest.getFileName().toString().replace(".json", "");
    try {
      return new GoldenCase(
          name,
          JSON.readTree(manifest.toFile()),
          tensors(manifest.resolveSibling(name + ".safetensors")));
    } catch (IOException e) {
      throw new AssertionError("cannot read the golden case " + manifest, e);
    }
  }

  private static Map<String, INDArray> tensors(Path file) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    try (SafetensorsFile saved = SafetensorsFile.open(file)) {
      saved
          .tensors()
          .forEach(
              (name, entry) -> {
                long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
                tensors.put(name, Nd4j.createFromArray(numbers(saved, entry)).reshape(shape));
              });
    }
    return tensors;
  }

  private static double[] numbers(SafetensorsFile saved, TensorEntry entry) {
    return switch (entry.type()) {
      case F64, F32, F16, BF16 -> saved.doubles(entry.name());
      default -> Arrays.stream(saved.longs(entry.name())).asDoubleStream().toArray();
    };
  }

  INDArray tensor(String tensor) {
    return Objects.requireNonNull(
        tensors.get(tensor), () -> "%s holds no tensor %s".formatted(name, tensor));
  }

  /** What was run: {@code bert_layer}, {@code opt_layer}, or a function of a library. */
  String kind() {
    return manifest.path("kind").asText();
  }

  JsonNode config(String key) {
    return Objects.requireNonNull(
        manifest.path("config").get(key), () -> "%s has no %s".formatted(name, key));
  }

  /** Whether some sequences of the batch are shorter than others. */
  boolean padded() {
    INDArray mask = tensors.get("in.attention_mask");
    return mask != null && mask.size(2) == 1 && mask.minNumber().doubleValue() < -1;
  }

  /** One for real, zero for padding, {@code [B, T]}, of a mask {@code [B, 1, 1, T]}. */
  INDArray realPositions() {
    INDArray mask = tensor("in.attention_mask");
    return mask.gt(-1).castTo(mask.dataType()).reshape(mask.size(0), mask.size(3));
  }

  /** How far a float32 result may be from the tensor, as a part of the tensor's greatest. */
  double relativeTolerance() {
    double suggested = manifest.path("suggested_tolerance_rel_to_max").asDouble();
    if (!(suggested > 0)) {
      throw new AssertionError(name + " suggests no tolerance");
    }
    return suggested;
  }
}
