package dev.saccade.runtime.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.tokenize.AddedTokens.AddedToken;
import dev.saccade.runtime.tokenize.WordPieceTokenizer.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a Hugging Face {@code tokenizer.json}.
 *
 * <p>Supported is what the BERT family uses. Anything else in the file is refused by name, because
 * a tokenizer that ignored it would give other ids than the model was trained with. Only {@code
 * truncation} and {@code padding} are left to the caller.
 */
public final class TokenizerFile {

  private TokenizerFile() {}

  /**
   * Reads the file.
   *
   * @throws SaccadeException when it is missing, damaged or not supported; the message says where
   */
  public static Tokenizer read(Path file) {
    return wordPiece(JsonSection.read(file));
  }

  /**
   * Reads the stream to its end and leaves it open.
   *
   * @param source how messages name the file
   */
  public static Tokenizer read(InputStream in, String source) throws IOException {
    return wordPiece(JsonSection.read(in, source));
  }

  private static Tokenizer wordPiece(JsonSection root) {
    root.only(
        Set.of(
            "version",
            "truncation",
            "padding",
            "added_tokens",
            "normalizer",
            "pre_tokenizer",
            "post_processor",
            "decoder",
            "model"));
    JsonSection model = typed(root, "model", "WordPiece");
    model.only(
        Set.of(
            "type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"));
    typed(root, "pre_tokenizer", "BertPreTokenizer").only(Set.of("type"));
    List<AddedToken> added = addedTokens(root);
    Vocabulary vocabulary = vocabulary(model, added);
    String prefix = model.text("continuing_subword_prefix");
    WordPiece wordPiece =
        new WordPiece(
            vocabulary,
            knownToken(model, "unk_token", vocabulary),
            prefix,
            model.number("max_input_chars_per_word"));
    return new WordPieceTokenizer(
        vocabulary,
        added,
        normalizer(root),
        wordPiece,
        frame(root, vocabulary),
        decoder(root, prefix));
  }

  private static JsonSection typed(JsonSection parent, String field, String supported) {
    JsonSection section = parent.section(field);
    if (!section.text("type").equals(supported)) {
      throw section.unsupported("type", supported);
    }
    return section;
  }

  private static List<AddedToken> addedTokens(JsonSection root) {
    List<AddedToken> tokens = new ArrayList<>();
    if (root.has("added_tokens")) {
      for (JsonSection token : root.sections("added_tokens")) {
        token.only(
            Set.of("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"));
        tokens.add(
            new AddedToken(
                token.number("id"),
                token.text("content"),
                token.flag("single_word"),
                token.flag("lstrip"),
                token.flag("rstrip"),
                token.flag("normalized"),
                token.flag("special")));
      }
    }
    return tokens;
  }

  private static Vocabulary vocabulary(JsonSection model, List<AddedToken> added) {
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
                .formatted(model.source(), token.content(), token.id(), piece));
      }
    }
    return Vocabulary.of(model.source(), pieces, others);
  }

  private static int knownToken(JsonSection section, String field, Vocabulary vocabulary) {
    int id = vocabulary.find(section.text(field));
    if (id == Vocabulary.NONE) {
      throw section.wrong(field, "a token of the vocabulary");
    }
    return id;
  }

  private static BertNormalizer normalizer(JsonSection root) {
    if (!root.has("normalizer")) {
      return new BertNormalizer(false, false, false, false);
    }
    JsonSection section = typed(root, "normalizer", "BertNormalizer");
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

  private static Frame frame(JsonSection root, Vocabulary vocabulary) {
    if (!root.has("post_processor")) {
      return new Frame(List.of(), List.of());
    }
    JsonSection section = root.section("post_processor");
    return switch (section.text("type")) {
      case "TemplateProcessing" -> template(section, vocabulary);
      case "BertProcessing" ->
          new Frame(
              List.of(tokenPair(section, "cls", vocabulary)),
              List.of(tokenPair(section, "sep", vocabulary)));
      default -> throw section.unsupported("type", "TemplateProcessing, BertProcessing");
    };
  }

  private static int tokenPair(JsonSection section, String field, Vocabulary vocabulary) {
    section.only(Set.of("type", "cls", "sep"));
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
    Frame frame = new Frame(new ArrayList<>(), new ArrayList<>());
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
        List<Integer> target = afterText ? frame.after() : frame.before();
        for (JsonNode id : token.required("ids")) {
          vocabulary.token(id.intValue());
          target.add(id.intValue());
        }
      }
    }
    if (!afterText) {
      throw section.wrong("single", "a template with the sequence A");
    }
    return new Frame(List.copyOf(frame.before()), List.copyOf(frame.after()));
  }

  private static WordPieceDecoder decoder(JsonSection root, String prefix) {
    if (!root.has("decoder")) {
      // Hugging Face would leave the pieces apart, which helps nobody.
      return new WordPieceDecoder(prefix, false);
    }
    JsonSection section =
        typed(root, "decoder", "WordPiece").only(Set.of("type", "prefix", "cleanup"));
    return new WordPieceDecoder(section.text("prefix"), section.flag("cleanup"));
  }
}
