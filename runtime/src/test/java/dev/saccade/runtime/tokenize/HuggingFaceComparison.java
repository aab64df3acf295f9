package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Our tokenizer and Hugging Face's own, opened on one {@code tokenizer.json}. */
final class HuggingFaceComparison implements AutoCloseable {

  final Tokenizer ours;
  final HuggingFaceTokenizer theirs;

  private HuggingFaceComparison(Tokenizer ours, HuggingFaceTokenizer theirs) {
    this.ours = ours;
    this.theirs = theirs;
  }

  /** Opens both after a change to the file; its truncation and padding are ours to do. */
  static HuggingFaceComparison of(String json, Consumer<ObjectNode> change) {
    try {
      ObjectNode root = (ObjectNode) new JsonMapper().readTree(json);
      change.accept(root);
      Tokenizer ours = MinilmTokenizer.tokenizer(root.toString());
      root.putNull("truncation");
      root.putNull("padding");
      Path file = Files.createTempFile("tokenizer", ".json");
      try {
        Files.writeString(file, root.toString());
        return new HuggingFaceComparison(
            ours,
            HuggingFaceTokenizer.builder()
                .optTokenizerPath(file)
                .optTruncation(false)
                .optPadding(false)
                .build());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void sameTokens(String text) {
    Encoding expected = theirs.encode(text);
    TokenSequence actual = ours.encode(text);

    String quoted = text.length() <= 300 ? text : text.substring(0, 300) + "…";
    assertThat(actual.ids()).as(quoted).isEqualTo(narrowed(expected.getIds()));
    assertThat(
            IntStream.range(0, actual.length())
                .mapToLong(i -> actual.isSpecial(i) ? 1 : 0)
                .toArray())
        .as(quoted)
        .isEqualTo(expected.getSpecialTokenMask());
    assertThat(ours.decode(actual.ids()))
        .as(quoted)
        .isEqualTo(theirs.decode(expected.getIds(), true));
  }

  boolean areEqual(String text) {
    return Arrays.equals(ours.encode(text).ids(), narrowed(theirs.encode(text).getIds()));
  }

  void sameText(int... ids) {
    assertThat(ours.decode(ids))
        .as(Arrays.toString(ids))
        .isEqualTo(theirs.decode(Arrays.stream(ids).asLongStream().toArray(), true));
  }

  private static int[] narrowed(long[] ids) {
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    theirs.close();
  }
}
