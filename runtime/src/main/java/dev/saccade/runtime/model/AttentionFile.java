package dev.saccade.runtime.model;

import dev.saccade.api.Shape;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.engine.kernel.DenseNumbers;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.SafetensorsWriter;
import dev.saccade.runtime.safetensors.TensorEntry;
import dev.saccade.runtime.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@code attention.safetensors} beside the weights of a model: what its mechanisms brought, all of
 * it in float32, by full name such as {@code "layer.3.sea.encoder.weight"}. Other readers of the
 * directory pass it over.
 */
final class AttentionFile {

  static final String NAME = "attention.safetensors";

  private AttentionFile() {}

  /** Writes what the mechanisms have, or removes the file if they have nothing. */
  static void write(Path directory, List<AttentionSlot> slots) {
    SafetensorsWriter writer = new SafetensorsWriter();
    boolean any = false;
    for (AttentionSlot slot : slots) {
      for (Map.Entry<String, INDArray> parameter : slot.parameters().entrySet()) {
        INDArray value = parameter.getValue();
        any = true;
        writer.add(
            slot.prefix() + "." + parameter.getKey(),
            TensorType.F32,
            value.shape(),
            () -> DenseNumbers.of(value).floats());
      }
    }
    if (any) {
      writer.write(directory.resolve(NAME));
    } else {
      remove(directory.resolve(NAME));
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be removed: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Reads what mechanisms had in a directory, nothing if there is no such file.
   *
   * @throws SaccadeException when it is damaged
   */
  static ParameterStore.Memory read(Path directory) {
    Path path = directory.resolve(NAME);
    if (!Files.exists(path)) {
      return ParameterStore.NOTHING;
    }
    Map<String, float[]> values = new LinkedHashMap<>();
    Map<String, TensorEntry> entries;
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      entries = file.tensors();
      entries.keySet().forEach(name -> values.put(name, file.floats(name)));
    }
    return (name, shape) -> {
      TensorEntry entry = entries.get(name);
      if (entry != null) {
        requireShape(path, entry, shape);
      }
      return Optional.ofNullable(values.get(name));
    };
  }

  /** Silence would leave a trained mechanism with parameters that are drawn anew. */
  private static void requireShape(Path path, TensorEntry entry, Shape shape) {
    List<Long> needed = Arrays.stream(shape.toArray()).boxed().toList();
    if (!entry.shape().equals(needed)) {
      throw new SaccadeException(
          "%s holds %s, but the mechanism needs the shape %s; choose the options that it was trained with"
              .formatted(path, entry, needed));
    }
  }
}
