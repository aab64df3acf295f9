package dev.saccade.runtime.tokenize;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a {@link BpeTrainer} has learnt.
 *
 * @param settings what was asked for
 * @param tokens spelled as bytes are written, in the order of their ids
 * @param merges which tokens merge, the first learnt first
 */
public record TrainedBpe(BpeTrainer.Settings settings, List<String> tokens, List<Merge> merges) {

  /** Two tokens that merge to one. */
  public record Merge(String left, String right) {}

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public TrainedBpe {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  /** Returns the tokenizer, as reading the written file would give it. */
  public Tokenizer tokenizer() {
    try {
      return TokenizerFile.read(new ByteArrayInputStream(bytes()), "the trained tokenizer");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a {@code tokenizer.json} that Hugging Face's libraries read too.
   *
   * @throws SaccadeException when the file cannot be written; an older one is then untouched
   */
  public void write(Path file) {
    try {
      AtomicFile.write(file, out -> out.write(bytes()));
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
  }

  private byte[] bytes() {
    try {
      return JSON.writeValueAsBytes(json());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (String token : settings.specialTokens()) {
      added
          .addObject()
          .put("id", tokens.indexOf(token))
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"));
    if (settings.startToken().isEmpty()) {
      byteLevel(root.putObject("post_processor"));
    } else {
      template(root.putObject("post_processor"));
    }
    byteLevel(root.putObject("decoder"));
    model(root.putObject("model"));
    return root;
  }

  private static void byteLevel(ObjectNode section) {
    section
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", true);
  }

  /** The start token and then the text; of a pair, the second without another start token. */
  private void template(ObjectNode section) {
    String start = settings.startToken();
    section.put("type", "TemplateProcessing");
    ArrayNode single = section.putArray("single");
    ArrayNode pair = section.putArray("pair");
    for (ArrayNode template : List.of(single, pair)) {
      template.addObject().putObject("SpecialToken").put("id", start).put("type_id", 0);
      template.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    }
    pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 0);
    ObjectNode token = section.putObject("special_tokens").putObject(start);
    token.put("id", start).putArray("ids").add(tokens.indexOf(start));
    token.putArray("tokens").add(start);
  }

  private void model(ObjectNode section) {
    section
        .put("type", "BPE")
        .putNull("dropout")
        .putNull("unk_token")
        .putNull("continuing_subword_prefix")
        .putNull("end_of_word_suffix")
        .put("fuse_unk", false)
        .put("byte_fallback", false)
        .put("ignore_merges", false);
    ObjectNode vocabulary = section.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    // No token holds a space, so one string a merge is unambiguous, and every version reads it.
    ArrayNode list = section.putArray("merges");
    merges.forEach(merge -> list.add(merge.left() + " " + merge.right()));
  }
}
