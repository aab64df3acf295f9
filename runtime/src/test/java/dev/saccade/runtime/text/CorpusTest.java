package dev.saccade.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusTest {

  @TempDir Path directory;

  @Test
  void the_embedded_corpus_is_233_addresses_in_year_order() {
    List<Document> addresses = Corpus.stateOfTheUnion().documents();

    assertThat(addresses).hasSize(233);
    assertThat(addresses).extracting(Document::name).isSorted().doesNotHaveDuplicates();
    assertThat(addresses.get(0).name()).isEqualTo("1790 George Washington");
    assertThat(addresses.get(232).name()).isEqualTo("2021 Joseph R Biden");
  }

  @ParameterizedTest
  @CsvSource({"TRAIN, 210, 1629788", "VALIDATION, 12, 81736", "TEST, 11, 83360"})
  void splits_have_these_documents_and_words(Split split, int documents, int words) {
    List<Document> part = Corpus.stateOfTheUnion().documents(split);

    assertThat(part).hasSize(documents);
    assertThat(part.stream().mapToInt(Document::words).sum()).isEqualTo(words);
  }

  @Test
  void a_file_is_one_document() throws Exception {
    Path file = write("naïve – 東京 🙂\n".getBytes(StandardCharsets.UTF_8));

    Corpus corpus = Corpus.ofFile(file);

    assertThat(corpus.documents())
        .containsExactly(new Document(file.toString(), "naïve – 東京 🙂\n"));
    assertThat(corpus.documents(Split.TRAIN)).hasSize(1);
  }

  @Test
  void a_byte_order_mark_is_not_text() throws Exception {
    Path file = write("\uFEFFtext".getBytes(StandardCharsets.UTF_8));

    assertThat(Corpus.ofFile(file).documents().get(0).text()).isEqualTo("text");
  }

  @Test
  void a_file_in_another_encoding_is_refused_with_the_place_and_a_way_out() throws Exception {
    Path file = write("na\u00EFve".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> Corpus.ofFile(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("text.txt is not UTF-8 at byte 2 (0xEF)")
        .hasMessageContaining("iconv -f WINDOWS-1252 -t UTF-8 text.txt");
  }

  @Test
  void a_file_that_ends_inside_a_character_is_refused() throws Exception {
    Path file = write(new byte[] {'a', 'b', (byte) 0xE2, (byte) 0x80});

    assertThatThrownBy(() -> Corpus.ofFile(file)).hasMessageContaining("not UTF-8 at byte 2");
  }

  @Test
  void an_empty_file_is_refused() throws Exception {
    Path file = write(new byte[0]);

    assertThatThrownBy(() -> Corpus.ofFile(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(file + " is empty; it must hold text");
  }

  @Test
  void a_file_of_white_space_is_refused() throws Exception {
    Path file = write(" \n\t".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> Corpus.ofFile(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("blank");
  }

  @Test
  void a_missing_file_is_refused() {
    Path file = directory.resolve("absent.txt");

    assertThatThrownBy(() -> Corpus.ofFile(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(file + " does not exist");
  }

  @Test
  void a_directory_is_refused() {
    assertThatThrownBy(() -> Corpus.ofFile(directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("is a directory");
  }

  private Path write(byte[] content) throws Exception {
    return Files.write(directory.resolve("text.txt"), content);
  }
}
