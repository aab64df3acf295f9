package dev.saccade.runtime.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.runtime.json.JsonSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads {@code post_processor} in a {@code tokenizer.json}: what goes around every text. */
final class PostProcessorSection {

  private PostProcessorSection() {}

  static Frame read(JsonSection root, Vocabulary vocabulary) {
    return root.has("post_processor")
        ? frame(root.section("post_processor"), vocabulary)
        : Frame.NONE;
  }

  private static Frame frame(JsonSection section, Vocabulary vocabulary) {
    return switch (section.text("type")) {
      case "TemplateProcessing" -> template(section, vocabulary);
      case "BertProcessing" -> {
        section.only(Set.of("type", "cls", "sep"));
        yield clsAndSep(section, vocabulary);
      }
      case "RobertaProcessing" -> {
        section.only(Set.of("type", "cls", "sep", "trim_offsets", "add_prefix_space"));
        yield clsAndSep(section, vocabulary);
      }
      case "ByteLevel" -> {
        // It moves offsets only, which nobody here asks for.
        section.only(PreTokenizerSection.BYTE_LEVEL_FIELDS);
        yield Frame.NONE;
      }
      case "Sequence" -> sequence(section, vocabulary);
      default ->
          throw section.unsupported(
              "type", "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence");
    };
  }

  /** Each step goes around what the one before it made. */
  private static Frame sequence(JsonSection section, Vocabulary vocabulary) {
    section.only(Set.of("type", "processors"));
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (JsonSection step : section.sections("processors")) {
      Frame frame = frame(step, vocabulary);
      before.addAll(0, frame.before());
      after.addAll(frame.after());
    }
    return new Frame(before, after);
  }

  private static Frame clsAndSep(JsonSection section, Vocabulary vocabulary) {
    return new Frame(
        List.of(tokenPair(section, "cls", vocabulary)),
        List.of(tokenPair(section, "sep", vocabulary)));
  }

  private static int tokenPair(JsonSection section, String field, Vocabulary vocabulary) {
    JsonNode pair = section.required(field);
    int id = pair.path(1).asInt(Vocabulary.NONE);
    if (id == Vocabulary.NONE || vocabulary.find(pair.path(0).asText()) != id) {
      throw section.wrong(field, "a token of the vocabulary and its id");
    }
    return id;
  }

  /** Reads the template for one text; the one for pairs has no use here. */
  private static Frame template(JsonSection section, Vocabulary vocabulary) {
    section.only(Set.of("type", "single", "pair", "special_tokens"));
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    boolean afterText = false;
    for (JsonSection element : section.sections("single")) {
      element.only(Set.of("SpecialToken", "Sequence"));
      boolean isText = element.has("Sequence");
      JsonSection piece = element.section(isText ? "Sequence" : "SpecialToken");
      if (piece.number("type_id") != 0) {
        throw piece.unsupported("type_id", "0");
      }
      if (isText) {
        if (afterText || !piece.text("id").equals("A")) {
          throw piece.unsupported("id", "A, once");
        }
        afterText = true;
      } else {
        JsonSection token = section.section("special_tokens").section(piece.text("id"));
        for (JsonNode id : token.required("ids")) {
          if (!id.canConvertToInt() || !vocabulary.has(id.intValue())) {
            throw token.wrong("ids", "ids of the vocabulary");
          }
          (afterText ? after : before).add(id.intValue());
        }
      }
    }
    if (!afterText) {
      throw section.wrong("single", "a template with the sequence A");
    }
    return new Frame(before, after);
  }
}
