package dev.saccade.runtime.weights;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.TensorEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The tensors of a Hugging Face directory by the names in the files: {@code model.safetensors}, or
 * the shards that {@code model.safetensors.index.json} names. Headers are read and checked when it
 * is opened, values when they are asked for; closing ends that.
 */
final class TensorFiles implements AutoCloseable {

  static final String WHOLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  private static final int SHOWN = 5;

  private final Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private TensorFiles() {}

  /**
   * Opens what is there.
   *
   * @throws SaccadeException when there is neither, a shard is missing or damaged, or the index and
   *     the shards do not agree
   */
  static TensorFiles open(Path directory) {
    TensorFiles files = new TensorFiles();
    boolean opened = false;
    try {
      if (Files.exists(directory.resolve(WHOLE))) {
        files.add(directory, WHOLE);
      } else if (Files.exists(directory.resolve(INDEX))) {
        files.addShards(directory);
      } else {
        throw new SaccadeException(
            "%s has no %s and no %s; pytorch_model.bin is not supported: save the model once more with save_pretrained(…, safe_serialization=True)"
                .formatted(directory, WHOLE, INDEX));
      }
      opened = true;
      return files;
    } finally {
      if (!opened) {
        files.close();
      }
    }
  }

  /** The tensors, file by file in the order of the headers. */
  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  private void add(Path directory, String name) {
    SafetensorsFile file = SafetensorsFile.open(directory.resolve(name));
    shards.put(name, file);
    for (TensorEntry entry : file.tensors().values()) {
      long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
      StoredTensor twice =
          tensors.put(entry.name(), new StoredTensor(shape, () -> file.floats(entry.name())));
      if (twice != null) {
        throw new SaccadeException(
            "%s: tensor %s is in two shards, %s and one before it"
                .formatted(directory, entry.name(), name));
      }
    }
  }

  private void addShards(Path directory) {
    JsonSection index = JsonSection.read(directory.resolve(INDEX));
    Map<String, String> shardOf = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : index.section("weight_map").node().properties()) {
      shardOf.put(entry.getKey(), shardName(index, entry.getKey(), entry.getValue()));
    }
    TreeSet<String> names = new TreeSet<>(shardOf.values());
    List<String> absent =
        names.stream().filter(name -> Files.notExists(directory.resolve(name))).toList();
    if (!absent.isEmpty()) {
      throw new SaccadeException(
          "%s: of the %d shards in %s, %s"
              .formatted(directory, names.size(), INDEX, list(absent, "is missing")));
    }
    names.forEach(name -> add(directory, name));
    requireAgreement(directory, shardOf);
  }

  /** A shard lies beside its index: a path that leads elsewhere is damage or an attack. */
  private static String shardName(JsonSection index, String tensor, JsonNode name) {
    String text = name.isTextual() ? name.textValue() : "";
    if (!text.matches("[^/\\\\\\p{Cntrl}]+\\.safetensors")) {
      throw new SaccadeException(
          "%s: the shard of %s must be the name of a .safetensors file in the same directory, but is %s"
              .formatted(index.source(), tensor, name));
    }
    return text;
  }

  private void requireAgreement(Path directory, Map<String, String> shardOf) {
    List<String> faults = new ArrayList<>();
    shardOf.forEach(
        (tensor, shard) -> {
          SafetensorsFile file = shards.get(shard);
          if (file == null || !file.tensors().containsKey(tensor)) {
            faults.add("%s is not in %s".formatted(tensor, shard));
          }
        });
    tensors.keySet().stream()
        .filter(tensor -> !shardOf.containsKey(tensor))
        .forEach(tensor -> faults.add(tensor + " is in no line of the index"));
    if (!faults.isEmpty()) {
      throw new SaccadeException(
          "%s: %s and the shards do not agree: %s".formatted(directory, INDEX, list(faults, "")));
    }
  }

  private static String list(List<String> items, String ending) {
    String shown = String.join(", ", items.subList(0, Math.min(SHOWN, items.size())));
    String more = items.size() <= SHOWN ? "" : " and %d more".formatted(items.size() - SHOWN);
    return "%s%s %s".formatted(shown, more, ending).strip();
  }

  @Override
  public void close() {
    shards.values().forEach(SafetensorsFile::close);
  }
}
