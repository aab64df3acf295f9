package dev.saccade.runtime.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A {@code tokenizer.json} with five tokens. */
final class TinyTokenizer {

  private TinyTokenizer() {}

  static void write(Path directory) {
    String json =
        """
        {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
           "max_input_chars_per_word": 100,
           "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "eye": 4}}}
        """;
    try {
      Files.writeString(directory.resolve("tokenizer.json"), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
