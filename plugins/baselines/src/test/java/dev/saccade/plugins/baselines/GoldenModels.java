package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.osgi.framework.Version;

/** Golden cases of whole models as directories to open, and their inputs as batches. */
final class GoldenModels {

  private GoldenModels() {}

  /** A registry of these mechanisms without bundles. */
  static MechanismRegistry registry(AttentionMechanism... mechanisms) {
    Nd4jPlatform.start();
    MechanismRegistry registry = new MechanismRegistry();
    for (AttentionMechanism mechanism : mechanisms) {
      registry.add(mechanism, Version.emptyVersion, "test");
    }
    return registry;
  }

  static List<SlotChoice> everywhere(int layers, String mechanism) {
    return Collections.nCopies(layers, new SlotChoice(mechanism, Map.of()));
  }

  /** Lays a case's model out as Hugging Face does. */
  static Path directory(GoldenCase golden, Path parent) {
    try {
      Path directory = Files.createDirectories(parent.resolve(golden.name()));
      Files.copy(golden.beside(".config.json"), directory.resolve("config.json"));
      Files.copy(
          golden.beside(".weights.safetensors"), directory.resolve("model.safetensors"));
      Files.writeString(directory.resolve("tokenizer.json"), tokenizer());
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Any with no more tokens than the models have: encoders are not opened without. */
  private static String tokenizer() {
    StringJoiner vocabulary = new StringJoiner(", ");
    List<String> tokens = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.add("\"%s\": %d".formatted(tokens.get(id), id));
    }
    return
    """
    {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
     "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
     "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
       "max_input_chars_per_word": 100, "vocab": {%s}}}
    """
        .formatted(vocabulary);
  }

  /** Sequences that a case padded, or that are of one length. */
  static TokenBatch batch(GoldenCase golden, String ids, String mask) {
    int[][] rows = rows(golden, ids);
    int[][] real = new int[rows.length][rows[0].length];
    if (golden.has(mask)) {
      real = rows(golden, mask);
    } else {
      for (int[] row : real) {
        Arrays.fill(row, 1);
      }
    }
    return TokenBatch.padded(rows, real);
  }

  /** A matrix of whole numbers. */
  static int[][] rows(GoldenCase golden, String tensor) {
    int[] flat = golden.integers(tensor);
    long[] shape = golden.shape(tensor);
    int columns = (int) shape[1];
    int[][] rows = new int[(int) shape[0]][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(flat, row * columns, (row + 1) * columns);
    }
    return rows;
  }

  /** Numbers in the shape of a golden tensor. */
  static INDArray like(GoldenCase golden, String tensor, float[] numbers) {
    return Nd4j.createFromArray(numbers).reshape(golden.shape(tensor));
  }
}
