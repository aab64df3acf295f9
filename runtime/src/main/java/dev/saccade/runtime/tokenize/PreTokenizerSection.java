package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.json.JsonSection;
import java.util.List;
import java.util.Set;

/**
 * Reads {@code pre_tokenizer} in a {@code tokenizer.json} of a byte-level vocabulary: {@code
 * ByteLevel} alone, or a sequence of it and {@code Split}s before it.
 */
final class PreTokenizerSection {

  static final Set<String> BYTE_LEVEL_FIELDS =
      Set.of("type", "add_prefix_space", "trim_offsets", "use_regex");

  /**
   * How text is cut.
   *
   * @param prefixSpace put a space before each stretch of text that does not start with one
   */
  record Cut(WordCut words, boolean prefixSpace) {}

  private PreTokenizerSection() {}

  static Cut byteLevel(JsonSection root) {
    JsonSection section = TokenizerFile.typed(root, "pre_tokenizer", "ByteLevel", "Sequence");
    if (section.text("type").equals("ByteLevel")) {
      return new Cut(words(section), section.flag("add_prefix_space"));
    }
    section.only(Set.of("type", "pretokenizers"));
    List<JsonSection> steps = section.sections("pretokenizers");
    WordCut words = WordCut.NONE;
    for (int i = 0; i + 1 < steps.size(); i++) {
      words = words.then(split(steps.get(i)));
    }
    if (steps.isEmpty() || !steps.get(steps.size() - 1).text("type").equals("ByteLevel")) {
      throw section.wrong("pretokenizers", "a list that ends with ByteLevel");
    }
    JsonSection last = steps.get(steps.size() - 1);
    if (last.flag("add_prefix_space") && steps.size() > 1) {
      throw last.unsupported("add_prefix_space", "false after a Split");
    }
    return new Cut(words.then(words(last)), last.flag("add_prefix_space"));
  }

  private static WordCut words(JsonSection byteLevel) {
    byteLevel.only(BYTE_LEVEL_FIELDS);
    return byteLevel.has("use_regex") && !byteLevel.flag("use_regex")
        ? WordCut.NONE
        : new Gpt2Words();
  }

  /** All known expressions match every character, so what is between matches does not matter. */
  private static WordCut split(JsonSection section) {
    if (!section.text("type").equals("Split")) {
      throw section.unsupported("type", "Split, and ByteLevel as the last");
    }
    section.only(Set.of("type", "pattern", "behavior", "invert"));
    String behavior = section.text("behavior");
    boolean isolated = behavior.equals("Isolated") && !section.flag("invert");
    if (!isolated && !(behavior.equals("Removed") && section.flag("invert"))) {
      throw section.unsupported("behavior", "Isolated, or Removed with invert");
    }
    JsonSection pattern = section.section("pattern").only(Set.of("Regex"));
    return PatternWords.of(pattern.text("Regex"))
        .orElseThrow(() -> pattern.unsupported("Regex", PatternWords.NAMES));
  }
}
