package dev.saccade.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.tokenize.TokenizerFile;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerCommandTest {

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void write_texts() throws Exception {
    Files.createDirectory(directory.resolve("texts"));
    Files.writeString(directory.resolve("texts/a.txt"), "the eye of the eye jumps");
    Files.writeString(directory.resolve("texts/b.jsonl"), "{\"body\": \"the eye jumps again\"}");
  }

  @Test
  void trains_on_a_directory_and_shows_the_tokens_of_a_text() {
    Path file = directory.resolve("new/tokenizer.json");

    int trained =
        run(
            "tokenizer",
            "train",
            "--text",
            path("texts"),
            "--field=body",
            "--vocabulary=267",
            "--out",
            file.toString());
    int shown = run("tokenizer", "show", "--tokenizer", file.toString(), "the eye\n");

    assertThat(err.toString()).contains("[100 %] learning tokens");
    assertThat(trained).isZero();
    assertThat(shown).isZero();
    assertThat(out.toString())
        .contains("267 tokens: 4 special, 256 bytes, 7 merges")
        .contains("in 2 documents", "Tokenizer: " + file)
        .containsPattern("0 +2 +</s>")
        .containsPattern("Ġeye")
        .contains("of which 1 are not from the text; the vocabulary has 267");
  }

  @Test
  void trains_on_the_addresses_by_default() {
    Path file = directory.resolve("tokenizer.json");

    int code = run("tokenizer", "train", "--vocabulary", "300", "--out", file.toString());

    assertThat(code).isZero();
    assertThat(out.toString()).contains("in 210 documents");
    assertThat(TokenizerFile.read(file).vocabularySize()).isEqualTo(300);
  }

  @Test
  void says_when_the_text_has_fewer_tokens_than_asked_for() {
    int code =
        run("tokenizer", "train", "--text", path("texts/a.txt"), "--out", path("tokenizer.json"));

    assertThat(code).isZero();
    assertThat(err.toString()).contains("The text has only").contains("that occur 2 times or more");
  }

  @Test
  void special_tokens_and_start_can_be_chosen() {
    Path file = directory.resolve("tokenizer.json");

    run(
        "tokenizer",
        "train",
        "--text",
        path("texts/a.txt"),
        "--special",
        "<|endoftext|>",
        "--start",
        "",
        "--out",
        file.toString());

    assertThat(TokenizerFile.read(file).encode("the").tokens().get(0)).startsWith("t");
    assertThat(TokenizerFile.read(file).specialTokens().end()).hasValue(0);
  }

  @Test
  void what_cannot_be_done_is_said_in_one_line_before_any_work() {
    isRefused("must have 260 tokens", "tokenizer", "train", "--vocabulary", "7");
    isRefused("is a directory; name a file in it", "tokenizer", "train", "--out", path("texts"));
    isRefused("does not exist", "tokenizer", "train", "--text", path("nowhere"));
    isRefused("there is no such field", "tokenizer", "train", "--text", path("texts"));
    isRefused("one of the special tokens", "tokenizer", "train", "--start", "<go>");
    isRefused("does not exist", "tokenizer", "show", "--tokenizer", path("nowhere"), "x");
    isRefused("is not valid JSON", "tokenizer", "show", "--tokenizer", path("texts/a.txt"), "x");
  }

  @Test
  void a_model_directory_stands_for_its_tokenizer() {
    run("tokenizer", "train", "--vocabulary=300", "--out", path("texts/tokenizer.json"));

    int code = run("tokenizer", "show", "--tokenizer", path("texts"), "x");

    assertThat(code).isZero();
  }

  @Test
  void without_a_command_it_says_what_there_is() {
    int code = run("tokenizer");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("say what to do with a tokenizer: train or show");
  }

  private void isRefused(String words, String... arguments) {
    err.getBuffer().setLength(0);

    int code = run(arguments);

    assertThat(code).isEqualTo(SaccadeCli.REFUSED);
    assertThat(err.toString()).startsWith("saccade: ").contains(words).hasLineCount(1);
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  private int run(String... arguments) {
    return SaccadeCli.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }
}
