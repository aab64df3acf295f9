package dev.saccade.runtime.weights;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.safetensors.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The weights of a causal language model of the OPT family, and where they come from.
 *
 * <p>It owns its weights; close it when no graph uses them any more.
 */
public final class PretrainedDecoder implements AutoCloseable {

  private final String name;
  private final Path source;
  private final OptConfig config;
  private final ModelWeights weights;

  /** Everything that config.json said, so that saving keeps what nobody here reads. */
  private final ObjectNode settings;

  private PretrainedDecoder(
      String name, Path source, OptConfig config, ModelWeights weights, ObjectNode settings) {
    this.name = name;
    this.source = source;
    this.config = config;
    this.weights = weights;
    this.settings = settings;
  }

  /**
   * Opens a Hugging Face directory: {@code config.json} with {@code model_type} opt, and {@code
   * model.safetensors}, whole or in shards, in float32, float16 or bfloat16.
   *
   * @throws SaccadeException when a file is missing, damaged or of another model; the message names
   *     every weight that is missing, misshapen or unknown
   */
  public static PretrainedDecoder open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new SaccadeException(
          "%s is no directory; a model is a Hugging Face directory with %s and %s"
              .formatted(directory, HuggingFaceFolder.CONFIG, TensorFiles.WHOLE));
    }
    JsonSection json = JsonSection.read(directory.resolve(HuggingFaceFolder.CONFIG));
    OptConfig config = HuggingFaceOpt.readConfig(json);
    return new PretrainedDecoder(
        String.valueOf(directory.toAbsolutePath().normalize().getFileName()),
        directory,
        config,
        HuggingFaceOpt.readWeights(directory, config),
        json.node().deepCopy());
  }

  /**
   * A model that has learned nothing yet; see {@link ModelWeights#initial}.
   *
   * @param name what people call it
   * @param companions a directory whose tokenizer and the like are copied when it is saved
   */
  public static PretrainedDecoder untrained(
      String name, Path companions, OptConfig config, long seed) {
    return new PretrainedDecoder(
        name,
        companions,
        config,
        ModelWeights.initial(config.layout(), seed),
        JsonNodeFactory.instance.objectNode());
  }

  /** What people call it: the name of its directory. */
  public String name() {
    return name;
  }

  /** The directory that it was read from, where its tokenizer lies. */
  public Path source() {
    return source;
  }

  public OptConfig config() {
    return config;
  }

  /** The very arrays that graphs compute with, so changing them trains the model. */
  public ModelWeights weights() {
    return weights;
  }

  /**
   * Saves it as Hugging Face does, for anybody to read: {@code model.safetensors}, {@code
   * config.json} with all fields of the source, {@code generation_config.json}, and copies of the
   * source's tokenizer. Each file appears whole or not at all. F32 reads back to the same bits.
   *
   * @param type F32, F16 or BF16, to which numbers are rounded, half to even
   */
  public void save(Path directory, TensorType type) {
    ObjectNode json = settings.deepCopy();
    HuggingFaceOpt.describe(config, json);
    HuggingFaceFolder.write(directory, source, json, weights, HuggingFaceOpt.NAMES, type);
    Path generation = directory.resolve(HuggingFaceFolder.GENERATION_CONFIG);
    if (Files.notExists(generation)) {
      ObjectNode tokens = JsonNodeFactory.instance.objectNode();
      tokens.put("bos_token_id", config.beginId());
      tokens.put("eos_token_id", config.endId());
      tokens.put("pad_token_id", config.paddingId());
      HuggingFaceFolder.write(generation, tokens);
    }
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
  }
}
