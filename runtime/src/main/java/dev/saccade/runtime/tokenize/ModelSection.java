package dev.saccade.runtime.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.tokenize.AddedTokens.AddedToken;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@code model} in a {@code tokenizer.json}: the vocabulary, and how words are spelled. */
final class ModelSection {

  private ModelSection() {}

  static Vocabulary vocabulary(JsonSection model, List<AddedToken> added) {
    Map<String, Integer> pieces = new HashMap<>();
    JsonSection vocab = model.section("vocab");
    vocab.node().fieldNames().forEachRemaining(token -> pieces.put(token, vocab.number(token)));
    Map<String, Integer> others = new HashMap<>();
    for (AddedToken token : added) {
      Integer piece = pieces.get(token.content());
      if (piece == null) {
        others.put(token.content(), token.id());
      } else if (piece != token.id()) {
        throw new SaccadeException(
            "%s: the added token %s has id %d, but the vocabulary gives it %d"
                .formatted(
                    model.source(), JsonSection.printable(token.content()), token.id(), piece));
      }
    }
    return Vocabulary.of(model.source(), pieces, others);
  }

  static WordPiece wordPiece(JsonSection model, Vocabulary vocabulary) {
    model.only(
        Set.of(
            "type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"));
    return new WordPiece(
        vocabulary,
        knownToken(model, "unk_token", vocabulary),
        model.text("continuing_subword_prefix"),
        model.number("max_input_chars_per_word"));
  }

  static BytePairs bytePairs(JsonSection model, Vocabulary vocabulary) {
    model.only(
        Set.of(
            "type",
            "vocab",
            "merges",
            "unk_token",
            "fuse_unk",
            "ignore_merges",
            "dropout",
            "byte_fallback",
            "continuing_subword_prefix",
            "end_of_word_suffix"));
    refuseUnlessEmpty(model, "continuing_subword_prefix");
    refuseUnlessEmpty(model, "end_of_word_suffix");
    if (model.has("dropout") && model.real("dropout") != 0) {
      throw model.unsupported("dropout", "null");
    }
    if (isSet(model, "byte_fallback")) {
      throw model.unsupported("byte_fallback", "false: a byte-level vocabulary has every byte");
    }
    int[] byteIds = new int[256];
    for (int value = 0; value < byteIds.length; value++) {
      byteIds[value] = vocabulary.findPiece(String.valueOf(ByteAlphabet.character(value)));
    }
    return new BytePairs(
        byteIds,
        model.has("unk_token") ? knownToken(model, "unk_token", vocabulary) : Vocabulary.NONE,
        isSet(model, "fuse_unk"),
        merges(model, vocabulary));
  }

  static ByteLevelWords.WholeWords wholeWords(JsonSection model) {
    return isSet(model, "ignore_merges")
        ? ByteLevelWords.WholeWords.KEPT
        : ByteLevelWords.WholeWords.MERGED;
  }

  /** Merges are written as {@code "a b"} or, in newer files, as {@code ["a", "b"]}. */
  private static MergeTable merges(JsonSection model, Vocabulary vocabulary) {
    JsonNode list = model.required("merges");
    if (!list.isArray()) {
      throw model.wrong("merges", "an array");
    }
    MergeTable merges = new MergeTable(list.size());
    int rank = 0;
    for (JsonNode merge : list) {
      String[] pair = pair(merge);
      if (pair.length != 2) {
        throw model.wrongElement("merges", rank, "two tokens, as \"a b\" or [\"a\", \"b\"]");
      }
      int left = vocabulary.findPiece(pair[0]);
      int right = vocabulary.findPiece(pair[1]);
      int result = vocabulary.findPiece(pair[0] + pair[1]);
      if (left == Vocabulary.NONE || right == Vocabulary.NONE || result == Vocabulary.NONE) {
        throw model.wrongElement(
            "merges", rank, "two tokens that are in the vocabulary, as is what they merge to");
      }
      merges.put(left, right, rank++, result);
    }
    return merges;
  }

  private static String[] pair(JsonNode merge) {
    if (merge.isTextual()) {
      return merge.textValue().split(" ", -1);
    }
    return merge.size() == 2 && merge.path(0).isTextual() && merge.path(1).isTextual()
        ? new String[] {merge.path(0).textValue(), merge.path(1).textValue()}
        : new String[0];
  }

  private static boolean isSet(JsonSection model, String field) {
    return model.has(field) && model.flag(field);
  }

  private static void refuseUnlessEmpty(JsonSection model, String field) {
    if (model.has(field) && !model.text(field).isEmpty()) {
      throw model.unsupported(field, "null or \"\"");
    }
  }

  private static int knownToken(JsonSection section, String field, Vocabulary vocabulary) {
    int id = vocabulary.find(section.text(field));
    if (id == Vocabulary.NONE) {
      throw section.wrong(field, "a token of the vocabulary");
    }
    return id;
  }
}
