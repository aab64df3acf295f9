package dev.saccade.runtime.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file with one JSON object a line, of which one field is the text of a document. */
final class JsonLines {

  private static final ObjectReader JSON =
      new JsonMapper().reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path file;
  private final String field;
  private final List<Document> documents = new ArrayList<>();

  private JsonLines(Path file, String field) {
    this.file = file;
    this.field = field;
  }

  /**
   * Reads the documents in order, each named by file and line. Lines and texts that are blank are
   * passed over.
   */
  static List<Document> read(Path file, String field) {
    JsonLines lines = new JsonLines(file, field);
    byte[] content = Utf8File.bytes(file);
    int line = 1;
    int start = Utf8File.lengthOfMark(content);
    for (int end = start; end <= content.length; end++) {
      if (end == content.length || content[end] == '\n') {
        lines.add(content, start, end, line++);
        start = end + 1;
      }
    }
    return lines.documents;
  }

  private void add(byte[] content, int start, int end, int line) {
    if (new String(content, start, end - start, StandardCharsets.UTF_8).isBlank()) {
      return;
    }
    JsonNode text = parse(content, start, end, line).path(field);
    if (!text.isTextual()) {
      throw new SaccadeException(
          "%s line %d (byte %d) must be a JSON object whose field \"%s\" is a string, but %s"
              .formatted(
                  file,
                  line,
                  start,
                  field,
                  text.isMissingNode() ? "there is no such field" : "it is none"));
    }
    if (!text.textValue().isBlank()) {
      documents.add(new Document("%s:%d".formatted(file, line), text.textValue()));
    }
  }

  private JsonNode parse(byte[] content, int start, int end, int line) {
    try {
      return JSON.readTree(content, start, end - start);
    } catch (JsonProcessingException e) {
      long offset = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new SaccadeException(
          "%s line %d is not valid JSON at byte %d: %s"
              .formatted(
                  file,
                  line,
                  Math.min(end, start + offset),
                  e.getOriginalMessage().lines().findFirst().orElse("no reason given")),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
