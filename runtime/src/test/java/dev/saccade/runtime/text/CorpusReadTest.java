package dev.saccade.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusReadTest {

  @TempDir Path directory;

  @Test
  void a_directory_is_read_recursively_in_the_order_of_paths() throws Exception {
    write("b.txt", "second");
    write("a/z.md", "first");
    write("c/lines.jsonl", "{\"text\": \"third\"}\n{\"text\": \"fourth\"}");
    write("é", "fifth");

    Corpus corpus = Corpus.read(directory, "text");

    assertThat(corpus.documents())
        .extracting(Document::text)
        .containsExactly("first", "second", "third", "fourth", "fifth");
    assertThat(corpus.documents().get(0).name()).endsWith("z.md");
    assertThat(corpus.documents().get(3).name()).endsWith("lines.jsonl:2");
  }

  @Test
  void hidden_and_empty_files_are_no_documents() throws Exception {
    write("a.txt", "text");
    write(".hidden", "hidden");
    write(".git/config", "hidden");
    write("empty.txt", "");
    write("blank.txt", " \n");

    assertThat(Corpus.read(directory, "text").documents())
        .extracting(Document::text)
        .containsExactly("text");
  }

  @Test
  void a_directory_without_text_is_refused() {
    assertThatThrownBy(() -> Corpus.read(directory, "text"))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(directory + " must hold at least one document with text, but holds none");
  }

  @Test
  void a_file_in_a_directory_that_is_no_text_is_named() throws Exception {
    write("a.txt", "text");
    Path image = Files.write(directory.resolve("picture.png"), new byte[] {(byte) 0x89, 'P', 'N'});

    assertThatThrownBy(() -> Corpus.read(directory, "text"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(image + " is not UTF-8 at byte 0 (0x89)");
  }

  @Test
  void any_other_file_is_one_document() throws Exception {
    Path file = write("story", "once\nupon");

    assertThat(Corpus.read(file, "text")).isEqualTo(Corpus.ofFile(file));
  }

  @Test
  void the_text_of_a_line_is_in_the_field_asked_for() throws Exception {
    Path file =
        write(
            "a.ndjson",
            """
            \uFEFF{"body": "one\\n1", "text": 3}\r

            \t
            {"id": 2, "body": "zw\u00F6lf"}
            {"body": " "}
            """);

    assertThat(Corpus.read(file, "body").documents())
        .containsExactly(new Document(file + ":1", "one\n1"), new Document(file + ":4", "zwölf"));
  }

  @Test
  void a_line_without_the_field_is_refused_with_its_place() throws Exception {
    Path file = write("a.jsonl", "{\"text\": \"a\"}\n{\"body\": \"b\"}\n");

    assertThatThrownBy(() -> Corpus.read(file, "text"))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            file
                + " line 2 (byte 14) must be a JSON object whose field \"text\" is a string, but"
                + " there is no such field");
  }

  @Test
  void a_field_that_is_no_string_is_refused() throws Exception {
    Path file = write("a.jsonl", "{\"text\": 7}");

    assertThatThrownBy(() -> Corpus.read(file, "text"))
        .hasMessageContaining("line 1 (byte 0)")
        .hasMessageContaining("is a string, but it is none");
  }

  @Test
  void a_damaged_line_is_refused_with_line_and_byte() throws Exception {
    Path file = write("a.jsonl", "{\"text\": \"\u00E9\"}\n{\"text\": oops}\n{\"text\": \"c\"}");

    assertThatThrownBy(() -> Corpus.read(file, "text"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(file + " line 2 is not valid JSON at byte 2")
        .hasMessageContaining("oops")
        .extracting(Throwable::getMessage)
        .asString()
        .hasLineCount(1);
  }

  @Test
  void a_line_with_two_objects_is_refused() throws Exception {
    Path file = write("a.jsonl", "{\"text\": \"a\"} {\"text\": \"b\"}");

    assertThatThrownBy(() -> Corpus.read(file, "text"))
        .hasMessageContaining("line 1 is not valid JSON at byte");
  }

  @Test
  void lines_in_another_encoding_are_refused_with_the_byte() throws Exception {
    Path file = directory.resolve("a.jsonl");
    Files.write(file, "{\"text\": \"na\u00EFve\"}".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> Corpus.read(file, "text"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("is not UTF-8 at byte 12 (0xEF)");
  }

  @Test
  void deep_nesting_is_refused() throws Exception {
    Path file = write("a.jsonl", "[".repeat(100_000));

    assertThatThrownBy(() -> Corpus.read(file, "text"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("nesting depth");
  }

  private Path write(String name, String content) throws Exception {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }
}
