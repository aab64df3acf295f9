package dev.saccade.runtime.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.runtime.json.JsonSection;
import java.util.List;
import java.util.OptionalInt;

/**
 * Finds out which token has which role. The files beside a {@code tokenizer.json} say so; without
 * them, what the file puts around every text, and then the spellings that are in wide use.
 */
record TokenRoles(JsonSection root, Vocabulary vocabulary, List<JsonSection> companions) {

  static SpecialTokens of(
      JsonSection root, Vocabulary vocabulary, Frame frame, List<JsonSection> companions) {
    TokenRoles roles = new TokenRoles(root, vocabulary, companions);
    return new SpecialTokens(
        roles.find("bos_token", only(frame.before()), "<s>", "<|begin_of_text|>", "<|endoftext|>"),
        roles.find("eos_token", only(frame.after()), "</s>", "<|end_of_text|>", "<|endoftext|>"),
        roles.find("pad_token", roles.named("padding", "pad_token"), "[PAD]", "<pad>"),
        roles.find("unk_token", roles.named("model", "unk_token"), "[UNK]", "<unk>"),
        roles.find("mask_token", OptionalInt.empty(), "[MASK]", "<mask>"));
  }

  private OptionalInt find(String role, OptionalInt otherwise, String... spellings) {
    for (JsonSection companion : companions) {
      if (companion.has(role)) {
        return OptionalInt.of(declared(companion, role));
      }
    }
    OptionalInt found = otherwise;
    for (int i = 0; i < spellings.length && found.isEmpty(); i++) {
      found = vocabulary.lookUp(spellings[i]);
    }
    return found;
  }

  /** A role is written as the token's spelling, or as an object that holds it. */
  private int declared(JsonSection companion, String role) {
    JsonNode value = companion.required(role);
    String spelling = (value.isObject() ? value.path("content") : value).asText();
    int id = vocabulary.find(spelling);
    if (id == Vocabulary.NONE) {
      throw companion.wrong(role, "a token that " + root.source() + " has");
    }
    return id;
  }

  private OptionalInt named(String section, String field) {
    JsonNode spelling = root.node().path(section).path(field);
    return spelling.isTextual() ? vocabulary.lookUp(spelling.textValue()) : OptionalInt.empty();
  }

  private static OptionalInt only(List<Integer> ids) {
    return ids.size() == 1 ? OptionalInt.of(ids.get(0)) : OptionalInt.empty();
  }
}
