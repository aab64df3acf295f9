package dev.saccade.runtime.weights;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.safetensors.SafetensorsWriter;
import dev.saccade.runtime.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What directories of all model families have in common: files, their names and their order. */
final class HuggingFaceFolder {

  static final String CONFIG = "config.json";
  static final String GENERATION_CONFIG = "generation_config.json";

  /** What belongs to a model beside its weights, and is passed on as it is. */
  private static final List<String> COMPANIONS =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          GENERATION_CONFIG);

  private static final JsonMapper JSON = new JsonMapper();

  private HuggingFaceFolder() {}

  static ModelWeights readWeights(Path directory, WeightLayout layout, TorchNames names) {
    try (TensorFiles files = TensorFiles.open(directory)) {
      Map<String, StoredTensor> tensors = names.ours(layout, files.tensors(), directory.toString());
      return ModelWeights.load(layout, tensors, directory.toString());
    }
  }

  /** A copy of what a directory's {@code config.json} says, or nothing if it has none. */
  static ObjectNode settings(Path directory) {
    Path file = directory.resolve(CONFIG);
    return Files.isRegularFile(file)
        ? JsonSection.read(file).node().deepCopy()
        : JSON.createObjectNode();
  }

  /**
   * Writes the weights, and then the configuration that says how to read them. Each file appears
   * whole or not at all.
   *
   * @param source the directory of a tokenizer and the like, which are copied unless it has none
   * @param type F32, F16 or BF16
   */
  static void write(
      Path directory,
      Path source,
      ObjectNode config,
      ModelWeights weights,
      TorchNames names,
      TensorType type) {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
    for (String name : weights.names()) {
      StoredTensor tensor = stored(weights.get(name));
      StoredTensor saved = names.isTransposed(name) ? tensor.transposed() : tensor;
      writer.add(names.torchName(name), type, saved.shape(), saved::values);
    }
    writer.write(directory.resolve(TensorFiles.WHOLE));
    config.put("torch_dtype", torchName(type));
    write(directory.resolve(CONFIG), config);
    copyCompanions(source, directory);
  }

  private static StoredTensor stored(INDArray array) {
    return new StoredTensor(array.shape(), () -> array.data().asFloat());
  }

  private static String torchName(TensorType type) {
    return switch (type) {
      case F32 -> "float32";
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default ->
          throw new SaccadeException(
              "weights are saved as one of %s, not as %s"
                  .formatted(
                      Arrays.asList(TensorType.F32, TensorType.F16, TensorType.BF16),
                      type.name().toLowerCase(Locale.ROOT)));
    };
  }

  /** Writes JSON as people read it. */
  static void write(Path file, ObjectNode json) {
    try {
      byte[] bytes = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
      AtomicFile.write(file, out -> out.write(bytes));
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private static void copyCompanions(Path source, Path directory) {
    for (String name : COMPANIONS) {
      Path from = source.resolve(name);
      Path to = directory.resolve(name);
      try {
        if (Files.isRegularFile(from) && !(Files.exists(to) && Files.isSameFile(from, to))) {
          AtomicFile.write(to, out -> Files.copy(from, out));
        }
      } catch (IOException e) {
        throw cannotWrite(to, e);
      }
    }
  }

  private static SaccadeException cannotWrite(Path file, IOException e) {
    return new SaccadeException("%s cannot be written: %s".formatted(file, e.getMessage()), e);
  }
}
