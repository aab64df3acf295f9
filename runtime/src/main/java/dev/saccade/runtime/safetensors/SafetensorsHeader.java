package dev.saccade.runtime.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and checks the JSON that a safetensors file starts with.
 *
 * <p>Streaming, so that a hostile header costs no more memory than its own length, and so that
 * every complaint can say at which byte of the file it arose.
 */
final class SafetensorsHeader {

  /** Bytes before the JSON: its length. */
  static final int START = 8;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final String source;
  private final long dataStart;
  private final long fileSize;
  private final JsonParser parser;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, TensorEntry> entries = new LinkedHashMap<>();

  private SafetensorsHeader(String source, byte[] json, long fileSize) throws IOException {
    this.source = source;
    this.fileSize = fileSize;
    dataStart = (long) START + json.length;
    parser = JSON.createParser(json);
  }

  static SafetensorsHeader parse(String source, byte[] json, long fileSize) throws IOException {
    SafetensorsHeader header = new SafetensorsHeader(source, json, fileSize);
    try (JsonParser parser = header.parser) {
      header.readAll();
    } catch (JsonProcessingException e) {
      long offset = e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
      throw new SaccadeException(
          "%s: the header is not valid JSON at byte %d: %s"
              .formatted(source, START + Math.max(0, offset), e.getOriginalMessage()),
          e);
    }
    header.checkThatDataIsCovered();
    return header;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  Map<String, TensorEntry> entries() {
    return entries;
  }

  private void readAll() throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, "the header must be a JSON object");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      expect(parser.nextToken(), JsonToken.START_OBJECT, name + " must be a JSON object");
      if (name.equals("__metadata__")) {
        readMetadata();
      } else {
        entries.put(name, readEntry(name));
      }
    }
    // Writers pad the header with spaces; anything else after the object is damage.
    if (parser.nextToken() != null) {
      throw damaged("nothing may follow the header's JSON object");
    }
  }

  private void readMetadata() throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      expect(parser.nextToken(), JsonToken.VALUE_STRING, "metadata " + key + " must be a string");
      metadata.put(key, parser.getText());
    }
  }

  private TensorEntry readEntry(String name) throws IOException {
    TensorType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> type = readType(name);
        case "shape" -> shape = readNumbers(name, field);
        case "data_offsets" -> offsets = readNumbers(name, field);
        default ->
            throw damaged(
                "tensor %s has dtype, shape and data_offsets, not %s".formatted(name, field));
      }
    }
    if (type == null || shape == null || offsets == null || offsets.size() != 2) {
      throw damaged("tensor %s needs dtype, shape and two data_offsets".formatted(name));
    }
    return checked(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private TensorType readType(String name) throws IOException {
    String spelled = parser.getText();
    for (TensorType type : TensorType.values()) {
      if (type.name().equals(spelled)) {
        return type;
      }
    }
    throw damaged(
        "tensor %s has dtype %s, which is not one of %s"
            .formatted(name, spelled, List.of(TensorType.values())));
  }

  private List<Long> readNumbers(String name, String field) throws IOException {
    expect(
        parser.currentToken(),
        JsonToken.START_ARRAY,
        "%s of tensor %s must be an array".formatted(field, name));
    List<Long> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw damaged(
            "%s of tensor %s must be whole numbers from 0 to 2^63 - 1, not %s"
                .formatted(field, name, parser.getText()));
      }
      numbers.add(parser.getLongValue());
    }
    return numbers;
  }

  private TensorEntry checked(
      String name, TensorType type, List<Long> shape, long begin, long end) {
    long available = fileSize - dataStart;
    if (begin > end || end > available) {
      throw damaged(
          "tensor %s claims bytes %d to %d of the data, which has %d: the file is truncated or"
                  .formatted(name, begin, end, available)
              + " damaged");
    }
    long bytes = type.bytes();
    try {
      for (long axis : shape) {
        bytes = Math.multiplyExact(bytes, axis);
      }
    } catch (ArithmeticException e) {
      throw damaged("shape %s of tensor %s is larger than any file".formatted(shape, name));
    }
    if (bytes != end - begin) {
      throw damaged(
          "tensor %s is %s%s, which takes %d bytes, but has %d"
              .formatted(name, type, shape, bytes, end - begin));
    }
    return new TensorEntry(name, type, shape, dataStart + begin, dataStart + end);
  }

  /** The format has no holes and no overlaps, so that a file holds nothing that is not declared. */
  private void checkThatDataIsCovered() {
    long covered = dataStart;
    TensorEntry previous = null;
    List<TensorEntry> inOrder =
        entries.values().stream()
            .sorted(Comparator.comparingLong(TensorEntry::begin).thenComparing(TensorEntry::end))
            .toList();
    for (TensorEntry entry : inOrder) {
      if (entry.begin() != covered) {
        throw new SaccadeException(
            "%s: tensor %s must start at byte %d, where %s ends, but starts at byte %d"
                .formatted(
                    source,
                    entry.name(),
                    covered,
                    previous == null ? "the header" : previous.name(),
                    entry.begin()));
      }
      covered = entry.end();
      previous = entry;
    }
    if (covered != fileSize) {
      throw new SaccadeException(
          "%s: the tensors end at byte %d, but the file has %d bytes"
              .formatted(source, covered, fileSize));
    }
  }

  private void expect(@Nullable JsonToken actual, JsonToken expected, String rule) {
    if (actual != expected) {
      throw damaged(rule);
    }
  }

  private SaccadeException damaged(String rule) {
    return new SaccadeException(
        "%s: %s (at byte %d)"
            .formatted(source, rule, START + parser.currentTokenLocation().getByteOffset()));
  }
}
