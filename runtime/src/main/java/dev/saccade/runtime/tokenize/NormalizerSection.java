package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.json.JsonSection;
import java.text.Normalizer;
import java.util.List;
import java.util.Set;

/** Reads {@code normalizer} in a {@code tokenizer.json}. */
final class NormalizerSection {

  /** A chain of replacements could make a short text fill the memory. */
  private static final int MAXIMUM_GROWTH = 64;

  private static final String SUPPORTED =
      "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Sequence";

  private long growth = 1;

  private NormalizerSection() {}

  static TextNormalizer read(JsonSection root) {
    return root.has("normalizer")
        ? new NormalizerSection().normalizer(root.section("normalizer"))
        : TextNormalizer.NONE;
  }

  private TextNormalizer normalizer(JsonSection section) {
    return switch (section.text("type")) {
      case "BertNormalizer" -> bert(section);
      case "NFC" -> form(section, Normalizer.Form.NFC);
      case "NFD" -> form(section, Normalizer.Form.NFD);
      case "NFKC" -> form(section, Normalizer.Form.NFKC);
      case "NFKD" -> form(section, Normalizer.Form.NFKD);
      case "Lowercase" -> {
        section.only(Set.of("type"));
        yield Characters::inLowerCase;
      }
      case "StripAccents" -> {
        section.only(Set.of("type"));
        yield Characters::withoutMarks;
      }
      case "Strip" -> strip(section);
      case "Replace" -> replace(section);
      case "Sequence" -> sequence(section);
      default -> throw section.unsupported("type", SUPPORTED);
    };
  }

  private static TextNormalizer bert(JsonSection section) {
    section.only(
        Set.of("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"));
    boolean lowercase = section.flag("lowercase");
    return new BertNormalizer(
        section.flag("clean_text"),
        section.flag("handle_chinese_chars"),
        // Null means: as the original BERT, whose uncased models strip and cased ones do not.
        section.has("strip_accents") ? section.flag("strip_accents") : lowercase,
        lowercase);
  }

  private static TextNormalizer form(JsonSection section, Normalizer.Form form) {
    section.only(Set.of("type"));
    return text -> Normalizer.normalize(text, form);
  }

  private static TextNormalizer strip(JsonSection section) {
    section.only(Set.of("type", "strip_left", "strip_right"));
    boolean left = section.flag("strip_left");
    boolean right = section.flag("strip_right");
    return text -> {
      int start = left ? Characters.endOfWhitespace(text, 0) : 0;
      int end = right ? Characters.startOfWhitespace(text, text.length()) : text.length();
      return start < end ? text.substring(start, end) : "";
    };
  }

  private TextNormalizer replace(JsonSection section) {
    section.only(Set.of("type", "pattern", "content"));
    JsonSection pattern = section.section("pattern");
    if (pattern.has("Regex")) {
      throw pattern.unsupported("Regex", "String");
    }
    String replaced = pattern.only(Set.of("String")).text("String");
    String content = section.text("content");
    if (replaced.isEmpty()) {
      throw pattern.wrong("String", "at least one character");
    }
    growth *= Math.max(1, (content.length() + replaced.length() - 1) / replaced.length());
    if (growth > MAXIMUM_GROWTH) {
      throw section.unsupported(
          "content", "replacements that make a text at most %d× as long".formatted(MAXIMUM_GROWTH));
    }
    return text -> text.replace(replaced, content);
  }

  private TextNormalizer sequence(JsonSection section) {
    section.only(Set.of("type", "normalizers"));
    List<TextNormalizer> steps =
        section.sections("normalizers").stream().map(this::normalizer).toList();
    return text -> {
      String normalized = text;
      for (TextNormalizer step : steps) {
        normalized = step.normalize(normalized);
      }
      return normalized;
    };
  }
}
