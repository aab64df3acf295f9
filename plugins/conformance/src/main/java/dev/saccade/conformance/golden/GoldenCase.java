package dev.saccade.conformance.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One run of another program: its configuration, weights, inputs, and what it computed on the way.
 * Tensors are read from the file when they are asked for.
 *
 * <p>How far from a tensor a float32 result may be is, in this order:
 *
 * <ol>
 *   <li>nothing, if the tensor holds whole numbers, such as a mask;
 *   <li>the case's own {@code tolerance.TENSOR.suggested_atol};
 *   <li>the case's {@code suggested_tolerance_rel_to_max}, times the tensor's greatest number;
 *   <li>2e-5 of the greatest number; 3e-5 of estimated scores, 1e-4 of gradients.
 * </ol>
 *
 * A gradient may always be off by 1e-6: where the true one is zero, all that is stored is rounding.
 */
public final class GoldenCase {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers beyond it hide a score rather than measure one. */
  static final double HIDDEN = 1e30;

  private static final double ROUNDING_OF_A_GRADIENT = 1e-6;

  private final String name;
  private final JsonNode manifest;
  private final Path file;
  private final Map<String, TensorEntry> tensors;

  private GoldenCase(String name, JsonNode manifest, Path file, Map<String, TensorEntry> tensors) {
    this.name = name;
    this.manifest = manifest;
    this.file = file;
    this.tensors = tensors;
  }

  static GoldenCase read(Path manifest, Path tensors) {
    String file = manifest.getFileName().toString();
    try (SafetensorsFile saved = SafetensorsFile.open(tensors)) {
      return new GoldenCase(
          file.substring(0, file.lastIndexOf('.')),
          JSON.readTree(manifest.toFile()),
          tensors,
          saved.tensors());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the golden case " + manifest, e);
    }
  }

  /** The case, as the file is called. */
  public String name() {
    return name;
  }

  /** What was run, such as {@code sea_attention}. */
  public String kind() {
    return manifest.path("kind").asText();
  }

  /** All that the case says about itself. */
  public JsonNode manifest() {
    return manifest;
  }

  /** One setting of the run; fails if there is none of that name. */
  public JsonNode config(String key) {
    JsonNode value = manifest.path("config").get(key);
    if (value == null) {
      throw new AssertionError("%s has no setting %s".formatted(name, key));
    }
    return value;
  }

  /** Fails if the run had a setting that the test would pass over. */
  public void requireSettings(Set<String> known) {
    List<String> unknown = new ArrayList<>();
    manifest.path("config").fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new AssertionError("%s has settings that no test knows: %s".formatted(name, unknown));
    }
  }

  /** The names of all tensors, in the order of the file. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  public boolean has(String tensor) {
    return tensors.containsKey(tensor);
  }

  /**
   * A file beside the case's own, such as the weights of a model.
   *
   * @param ending behind the case's name, such as {@code ".weights.safetensors"}
   */
  public Path beside(String ending) {
    return file.resolveSibling(name + ending);
  }

  /** A tensor of whole numbers, row-major, such as token ids. */
  public int[] integers(String tensor) {
    try (SafetensorsFile saved = SafetensorsFile.open(file)) {
      return Arrays.stream(saved.longs(tensor)).mapToInt(Math::toIntExact).toArray();
    }
  }

  /** The sizes of a tensor's axes. */
  public long[] shape(String tensor) {
    return entry(tensor).shape().stream().mapToLong(Long::longValue).toArray();
  }

  /** A tensor in float64, whatever it was stored as. */
  public INDArray tensor(String tensor) {
    double[] numbers = numbers(tensor);
    long[] shape = shape(tensor);
    return shape.length == 0
        ? Nd4j.scalar(numbers[0])
        : Nd4j.createFromArray(numbers).reshape(shape);
  }

  /** A tensor's numbers, row-major. */
  public double[] numbers(String tensor) {
    TensorEntry entry = entry(tensor);
    try (SafetensorsFile saved = SafetensorsFile.open(file)) {
      return whole(entry)
          ? Arrays.stream(saved.longs(tensor)).asDoubleStream().toArray()
          : saved.doubles(tensor);
    }
  }

  /** How far a float32 result may be from any number of the tensor. */
  public double allowed(String tensor) {
    if (whole(entry(tensor))) {
      return 0;
    }
    JsonNode suggested = manifest.path("tolerance").path(tensor).path("suggested_atol");
    JsonNode relative = manifest.path("suggested_tolerance_rel_to_max");
    double allowed =
        suggested.isNumber()
            ? suggested.asDouble()
            : greatest(tensor) * (relative.isNumber() ? relative.asDouble() : ofGreatest(tensor));
    return tensor.startsWith("g.") ? Math.max(allowed, ROUNDING_OF_A_GRADIENT) : allowed;
  }

  private static double ofGreatest(String tensor) {
    if (tensor.startsWith("g.")) {
      return 1e-4;
    }
    return tensor.contains("estimated_attention_score") ? 3e-5 : 2e-5;
  }

  private double greatest(String tensor) {
    return Arrays.stream(numbers(tensor))
        .map(Math::abs)
        .filter(number -> number < HIDDEN)
        .max()
        .orElse(0);
  }

  private static boolean whole(TensorEntry entry) {
    return switch (entry.type()) {
      case F64, F32, F16, BF16 -> false;
      case I64, I32, U8, BOOL -> true;
    };
  }

  private TensorEntry entry(String tensor) {
    TensorEntry entry = tensors.get(tensor);
    if (entry == null) {
      throw new AssertionError("%s holds no tensor %s".formatted(name, tensor));
    }
    return entry;
  }

  /** The name, by which test reports call the case. */
  @Override
  public String toString() {
    return name;
  }
}
