package dev.saccade.runtime.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A JSON object that knows its file and its path, so that what is missing, wrong or not supported
 * is refused by name.
 *
 * @param source the file, as messages name it
 * @param path where the object is, such as {@code model}; empty for the whole file
 * @param node the object itself
 */
public record JsonSection(String source, String path, JsonNode node) {

  public JsonSection {
    if (!node.isObject()) {
      throw new SaccadeException(
          "%s: %s must be a JSON object, but is %s"
              .formatted(source, path.isEmpty() ? "the file" : path, brief(node)));
    }
  }

  /** Far more than any configuration or tokenizer needs; what exceeds it is hostile or no JSON. */
  private static final int MAXIMUM_BYTES = 1 << 28;

  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(64)
                      .maxNumberLength(100)
                      .maxStringLength(1 << 20)
                      .maxNameLength(1 << 16)
                      .build())
              // Names of fields are tokens: as many as there are words, and never seen again.
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .build());

  /**
   * Reads a stream to its end and leaves it open.
   *
   * @throws SaccadeException when it holds no JSON object; the message says where it goes wrong
   */
  public static JsonSection read(InputStream in, String source) throws IOException {
    byte[] content = in.readNBytes(MAXIMUM_BYTES + 1);
    if (content.length > MAXIMUM_BYTES) {
      throw new SaccadeException(
          "%s must have at most %d bytes, but has more".formatted(source, MAXIMUM_BYTES));
    }
    try {
      return new JsonSection(source, "", JSON.readTree(content));
    } catch (JsonProcessingException e) {
      long offset = e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
      throw new SaccadeException(
          "%s is not valid JSON at byte %d: %s"
              .formatted(source, Math.max(0, offset), withoutSource(e.getOriginalMessage())),
          e);
    }
  }

  /** Jackson adds where it read from, which it does not know and we do. */
  private static String withoutSource(String message) {
    return printable(message.replaceAll("\\s*\\([^()]*\\[Source: .*", ""));
  }

  /** Reads a file. */
  public static JsonSection read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString());
    } catch (NoSuchFileException e) {
      throw new SaccadeException(file + " does not exist", e);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Refuses fields that nobody here reads: ignoring one would change the tokens silently. */
  public JsonSection only(Set<String> supported) {
    node.fieldNames()
        .forEachRemaining(
            field -> {
              if (!supported.contains(field)) {
                throw unsupported(field, "a field of " + supported.stream().sorted().toList());
              }
            });
    return this;
  }

  /** Says whether the field is there and not null. */
  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** Returns the object in a field. */
  public JsonSection section(String field) {
    return new JsonSection(source, pathOf(field), required(field));
  }

  /** Returns the objects of the array in a field. */
  public List<JsonSection> sections(String field) {
    JsonNode array = node.path(field);
    if (!array.isArray()) {
      throw wrong(field, "an array");
    }
    List<JsonSection> sections = new ArrayList<>();
    for (JsonNode element : array) {
      sections.add(
          new JsonSection(source, "%s[%d]".formatted(pathOf(field), sections.size()), element));
    }
    return sections;
  }

  /** Returns the string in a field. */
  public String text(String field) {
    JsonNode value = required(field);
    if (!value.isTextual()) {
      throw wrong(field, "a string");
    }
    return value.textValue();
  }

  /** Returns the whole number in a field. */
  public int number(String field) {
    JsonNode value = required(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(field, "a whole number");
    }
    return value.intValue();
  }

  /** Returns the number in a field. */
  public double real(String field) {
    JsonNode value = required(field);
    if (!value.isNumber()) {
      throw wrong(field, "a number");
    }
    return value.doubleValue();
  }

  /** Returns the boolean in a field. */
  public boolean flag(String field) {
    JsonNode value = required(field);
    if (!value.isBoolean()) {
      throw wrong(field, "true or false");
    }
    return value.booleanValue();
  }

  /** Returns what is in a field that must be there. */
  public JsonNode required(String field) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      throw new SaccadeException("%s: %s is missing".formatted(source, pathOf(field)));
    }
    return value;
  }

  /** Says that the value of a field is not what it must be. */
  public SaccadeException wrong(String field, String expected) {
    return new SaccadeException(
        "%s: %s must be %s, but is %s"
            .formatted(source, pathOf(field), expected, brief(node.path(field))));
  }

  /** Says that an element of the array in a field is not what it must be. */
  public SaccadeException wrongElement(String field, int index, String expected) {
    return new SaccadeException(
        "%s: %s[%d] must be %s, but is %s"
            .formatted(
                source, pathOf(field), index, expected, brief(node.path(field).path(index))));
  }

  /** Says that the value of a field is valid, but nobody here can act on it. */
  public SaccadeException unsupported(String field, String supported) {
    return new SaccadeException(
        "%s: %s is %s, which is not supported; supported: %s"
            .formatted(source, pathOf(field), brief(node.path(field)), supported));
  }

  private String pathOf(String field) {
    String name = printable(field);
    return path.isEmpty() ? name : path + "." + name;
  }

  /** Keeps a message on one line of bearable length, whatever the text it quotes. */
  public static String printable(String text) {
    String start = text.length() <= 200 ? text : text.substring(0, 200) + "…";
    return start.codePoints().noneMatch(Character::isISOControl)
        ? start
        : JsonNodeFactory.instance.textNode(start).toString();
  }

  private static String brief(JsonNode value) {
    if (value.isMissingNode()) {
      return "missing";
    }
    String json = value.toString();
    return json.length() <= 60 ? json : json.substring(0, 60) + "…";
  }
}
