package dev.saccade.conformance.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.SafetensorsWriter;
import dev.saccade.runtime.safetensors.TensorEntry;
import dev.saccade.runtime.safetensors.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Predicate;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A golden case of a whole model: {@code NAME.config.json} and weights lie beside it, as Hugging
 * Face names and stores them.
 */
public record GoldenModel(GoldenCase golden) {

  private static final String CONFIG = ".config.json";

  /** Encoders are not opened without a tokenizer; these cases bring token ids. */
  private static final String TOKENIZER =
      """
      {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100,
         "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}}}
      """;

  /** What the model's configuration says. */
  public JsonNode config() {
    try {
      return new ObjectMapper().readTree(golden.beside(CONFIG).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many layers the model has. */
  public int layers() {
    return config().get("num_hidden_layers").asInt();
  }

  /**
   * Lays the model out as a directory to open.
   *
   * @param weights the ending of the file, such as {@code ".weights.safetensors"}
   * @param names the tensors of the model proper; whole numbers are buffers and left out
   */
  public Path directory(Path parent, String weights, Predicate<String> names) {
    try {
      Path directory = Files.createDirectories(parent.resolve(golden.name() + weights));
      Files.copy(golden.beside(CONFIG), directory.resolve("config.json"));
      Files.writeString(directory.resolve("tokenizer.json"), TOKENIZER);
      SafetensorsWriter writer = new SafetensorsWriter();
      try (SafetensorsFile file = SafetensorsFile.open(golden.beside(weights))) {
        for (TensorEntry entry : file.tensors().values()) {
          if (entry.type() == TensorType.F32 && names.test(entry.name())) {
            long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
            writer.add(entry.name(), TensorType.F32, shape, () -> file.floats(entry.name()));
          }
        }
        writer.write(directory.resolve("model.safetensors"));
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tensor of a file of weights. */
  public INDArray weight(String weights, String name) {
    try (SafetensorsFile file = SafetensorsFile.open(golden.beside(weights))) {
      long[] shape = file.tensor(name).shape().stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(file.floats(name)).reshape(shape);
    }
  }

  /**
   * Sequences as a batch.
   *
   * @param ids the tensor of tokens, {@code [B, T]}
   * @param mask the tensor that is zero for padding; all are real if there is none
   */
  public TokenBatch batch(String ids, String mask) {
    int[][] tokens = rows(ids);
    int[][] real = new int[tokens.length][tokens[0].length];
    if (golden.has(mask)) {
      real = rows(mask);
    } else {
      for (int[] row : real) {
        Arrays.fill(row, 1);
      }
    }
    return TokenBatch.padded(tokens, real);
  }

  /** A matrix of whole numbers. */
  public int[][] rows(String tensor) {
    int[] flat = golden.integers(tensor);
    int columns = (int) golden.shape(tensor)[1];
    int[][] rows = new int[flat.length / columns][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(flat, row * columns, (row + 1) * columns);
    }
    return rows;
  }

  /** Numbers in the shape of a golden tensor. */
  public INDArray like(String tensor, float[] numbers) {
    return Nd4j.createFromArray(numbers).reshape(golden.shape(tensor));
  }

  /** How many hidden states are stored: those of the embeddings and of every layer. */
  public int hiddenStates() {
    return (int)
        golden.names().stream().filter(name -> name.startsWith("out.hidden_states.")).count();
  }
}
