package dev.saccade.runtime.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A trained encoder and the tokenizer it was trained with.
 *
 * <p>It owns its weights; close it when no graph uses them any more.
 *
 * @param name what people call it, such as {@code all-MiniLM-L6-v2 (int8)}
 * @param source the file or directory it was read from
 * @param config the sizes of the encoder
 * @param weights the weights of the encoder
 * @param tokenizer cuts text as in training
 */
public record PretrainedModel(
    String name, Path source, BertConfig config, ModelWeights weights, Tokenizer tokenizer)
    implements AutoCloseable {

  public PretrainedModel {
    if (tokenizer.vocabularySize() > config.vocabularySize()) {
      throw new SaccadeException(
          "%s: the tokenizer has %d tokens, but the model has embeddings for %d only"
              .formatted(source, tokenizer.vocabularySize(), config.vocabularySize()));
    }
  }

  /**
   * Opens a model by name, or from a path.
   *
   * @param nameOrPath one of {@link KnownModel}'s names, a langchain4j embedding jar, or a Hugging
   *     Face directory with {@code config.json}, {@code model.safetensors} and {@code
   *     tokenizer.json}
   * @param modelsDirectory where the jars of the named models lie
   * @throws SaccadeException when there is no such model, or its files are incomplete or damaged
   */
  public static PretrainedModel open(String nameOrPath, Path modelsDirectory) {
    Optional<KnownModel> known = KnownModel.named(nameOrPath);
    if (known.isPresent()) {
      return ofJar(known.get().title(), known.get().jarIn(modelsDirectory));
    }
    Path path = pathOf(nameOrPath);
    if (Files.isDirectory(path)) {
      return ofDirectory(path);
    }
    if (Files.isRegularFile(path)) {
      return ofJar(path.getFileName().toString(), path);
    }
    throw unknown(nameOrPath, modelsDirectory);
  }

  private static Path pathOf(String nameOrPath) {
    try {
      return Path.of(nameOrPath);
    } catch (InvalidPathException e) {
      throw new SaccadeException("%s is no valid path: %s".formatted(nameOrPath, e.getReason()), e);
    }
  }

  private static SaccadeException unknown(String nameOrPath, Path modelsDirectory) {
    return new SaccadeException(
        ("no model is named %s and there is no such file or directory; in %s: %s. A path must be a"
                + " langchain4j embedding jar or a Hugging Face directory")
            .formatted(
                nameOrPath,
                modelsDirectory,
                Arrays.stream(KnownModel.values())
                    .filter(model -> model.isIn(modelsDirectory))
                    .map(KnownModel::id)
                    .reduce((a, b) -> a + ", " + b)
                    .orElse("none")));
  }

  private static PretrainedModel ofDirectory(Path directory) {
    BertConfig config = HuggingFaceBert.readConfig(directory);
    Tokenizer tokenizer = TokenizerFile.read(directory.resolve("tokenizer.json"));
    ModelWeights weights = HuggingFaceBert.readWeights(directory, config);
    String name = directory.toAbsolutePath().normalize().getFileName().toString();
    return owning(name, directory, config, weights, tokenizer);
  }

  private static PretrainedModel ofJar(String name, Path jar) {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      Tokenizer tokenizer;
      try (InputStream in = zip.getInputStream(entry(zip, jar, "tokenizer.json"))) {
        tokenizer = TokenizerFile.read(in, jar + "!tokenizer.json");
      }
      ZipEntry onnx = entry(zip, jar, ".onnx");
      OnnxBert bert;
      try (InputStream in = zip.getInputStream(onnx)) {
        bert = OnnxBert.read(in, jar + "!" + onnx.getName());
      }
      BertConfig config = bert.config();
      ModelWeights weights = ModelWeights.load(config.layout(), bert.tensors(), jar.toString());
      return owning(name, jar, config, weights, tokenizer);
    } catch (ZipException e) {
      throw new SaccadeException(
          "%s is not a jar, or it is truncated: %s".formatted(jar, e.getMessage()), e);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(jar, e.getMessage()), e);
    }
  }

  private static ZipEntry entry(ZipFile zip, Path jar, String suffix) {
    return zip.stream()
        .filter(entry -> entry.getName().endsWith(suffix))
        .findFirst()
        .map(ZipEntry.class::cast)
        .orElseThrow(
            () ->
                new SaccadeException(
                    "%s must hold a file that ends in %s, as a langchain4j embedding jar does"
                        .formatted(jar, suffix)));
  }

  private static PretrainedModel owning(
      String name, Path source, BertConfig config, ModelWeights weights, Tokenizer tokenizer) {
    try {
      return new PretrainedModel(name, source, config, weights, tokenizer);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /**
   * Saves it as Hugging Face does, for anybody to read: {@code model.safetensors}, {@code
   * config.json} and, if the source is such a directory, the other fields of its configuration and
   * its tokenizer. Each file appears whole or not at all. F32 reads back to the same bits.
   *
   * @param type F32, F16 or BF16, to which numbers are rounded, half to even
   */
  public void save(Path directory, TensorType type) {
    ObjectNode json = HuggingFaceFolder.settings(source);
    HuggingFaceBert.describe(config, weights, json);
    HuggingFaceFolder.write(directory, source, json, weights, HuggingFaceBert.NAMES, type);
  }

  /** Frees the weights. */
  @Override
  public void close() {
    weights.close();
  }
}
