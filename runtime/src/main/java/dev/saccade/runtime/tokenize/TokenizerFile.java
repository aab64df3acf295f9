package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.tokenize.AddedTokens.AddedToken;
import dev.saccade.runtime.tokenize.PipelineTokenizer.Stages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Reads a Hugging Face {@code tokenizer.json}: the word pieces of the BERT family, and the
 * byte-level byte pair encoding of GPT-2, OPT, RoBERTa and their kin.
 *
 * <p>Anything else in the file is refused by name, because a tokenizer that ignored it would give
 * other ids than the model was trained with. Only {@code truncation} and {@code padding} are left
 * to the caller.
 */
public final class TokenizerFile {

  /** What the file is called in the directory of a model. */
  public static final String NAME = "tokenizer.json";

  /** Files beside it that say which token has which role, the first the most reliable. */
  private static final List<String> COMPANIONS =
      List.of("tokenizer_config.json", "special_tokens_map.json");

  private TokenizerFile() {}

  /**
   * Reads the file, and the roles of special tokens from {@code tokenizer_config.json} and {@code
   * special_tokens_map.json} where they lie beside it.
   *
   * @throws SaccadeException when it is missing, damaged or not supported; the message says where
   */
  public static Tokenizer read(Path file) {
    List<JsonSection> companions =
        COMPANIONS.stream()
            .map(file::resolveSibling)
            .filter(Files::exists)
            .map(JsonSection::read)
            .toList();
    return tokenizer(JsonSection.read(file), companions);
  }

  /**
   * Copies the file, as {@code tokenizer.json}, and what lies beside it about special tokens.
   *
   * @throws SaccadeException when it cannot be read or the copy cannot be written
   */
  public static void copy(Path file, Path directory) {
    try {
      Files.createDirectories(directory);
      copyTo(file, directory.resolve(NAME));
      for (String companion : COMPANIONS) {
        if (Files.exists(file.resolveSibling(companion))) {
          copyTo(file.resolveSibling(companion), directory.resolve(companion));
        }
      }
    } catch (IOException e) {
      throw new SaccadeException(
          "%s cannot be copied to %s: %s".formatted(file, directory, e.getMessage()), e);
    }
  }

  private static void copyTo(Path from, Path to) throws IOException {
    if (!Files.exists(to) || !Files.isSameFile(from, to)) {
      AtomicFile.write(to, out -> Files.copy(from, out));
    }
  }

  /**
   * Reads the stream to its end and leaves it open.
   *
   * @param source how messages name the file
   */
  public static Tokenizer read(InputStream in, String source) throws IOException {
    return tokenizer(JsonSection.read(in, source), List.of());
  }

  private static Tokenizer tokenizer(JsonSection root, List<JsonSection> companions) {
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
    JsonSection model = typed(root, "model", "WordPiece", "BPE");
    List<AddedToken> added = addedTokens(root);
    Vocabulary vocabulary = ModelSection.vocabulary(model, added);
    boolean wordPieces = model.text("type").equals("WordPiece");
    Speller speller = wordPieces ? bertWords(root, model, vocabulary) : byteLevel(root, vocabulary);
    Frame frame = PostProcessorSection.read(root, vocabulary);
    return new PipelineTokenizer(
        vocabulary,
        added,
        new Stages(
            NormalizerSection.read(root),
            speller,
            frame,
            wordPieces ? wordPieceJoiner(root, model) : byteJoiner(root)),
        TokenRoles.of(root, vocabulary, frame, companions));
  }

  /** Returns the object in a field, whose type must be one of these. */
  static JsonSection typed(JsonSection parent, String field, String... supported) {
    JsonSection section = parent.section(field);
    String type = section.text("type");
    if (Stream.of(supported).noneMatch(type::equals)) {
      throw section.unsupported("type", String.join(", ", supported));
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

  private static Speller bertWords(JsonSection root, JsonSection model, Vocabulary vocabulary) {
    typed(root, "pre_tokenizer", "BertPreTokenizer").only(Set.of("type"));
    return new BertWords(ModelSection.wordPiece(model, vocabulary));
  }

  private static Speller byteLevel(JsonSection root, Vocabulary vocabulary) {
    PreTokenizerSection.Cut cut = PreTokenizerSection.byteLevel(root);
    JsonSection model = root.section("model");
    return new ByteLevelWords(
        vocabulary,
        cut.words(),
        cut.prefixSpace(),
        ModelSection.bytePairs(model, vocabulary),
        ModelSection.wholeWords(model));
  }

  private static Supplier<TokenJoiner> wordPieceJoiner(JsonSection root, JsonSection model) {
    if (!root.has("decoder")) {
      // Hugging Face would leave the pieces apart, which helps nobody.
      String prefix = model.text("continuing_subword_prefix");
      return () -> new WordPieceJoiner(prefix, false);
    }
    JsonSection section =
        typed(root, "decoder", "WordPiece").only(Set.of("type", "prefix", "cleanup"));
    String prefix = section.text("prefix");
    boolean cleanUp = section.flag("cleanup");
    return () -> new WordPieceJoiner(prefix, cleanUp);
  }

  /** The other fields of this decoder have no meaning, with Hugging Face neither. */
  private static Supplier<TokenJoiner> byteJoiner(JsonSection root) {
    if (root.has("decoder")) {
      typed(root, "decoder", "ByteLevel").only(PreTokenizerSection.BYTE_LEVEL_FIELDS);
    }
    return ByteJoiner::new;
  }
}
