package dev.saccade.runtime.text;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Documents in a fixed order.
 *
 * @param name what reports call it
 * @param documents at least one
 */
public record Corpus(String name, List<Document> documents) {

  private static final String STATE_OF_THE_UNION = "state-of-the-union.jsonl.gz";

  public Corpus {
    documents = List.copyOf(documents);
    if (documents.isEmpty()) {
      throw new SaccadeException(
          "%s must hold at least one document with text, but holds none".formatted(name));
    }
  }

  /** Returns the 233 State of the Union addresses, 1790 to 2021, which come with Saccade. */
  public static Corpus stateOfTheUnion() {
    List<Document> documents = new ArrayList<>();
    try (InputStream resource = Corpus.class.getResourceAsStream(STATE_OF_THE_UNION)) {
      if (resource == null) {
        throw new IllegalStateException("the jar lacks " + STATE_OF_THE_UNION);
      }
      try (MappingIterator<Address> addresses =
          new JsonMapper().readerFor(Address.class).readValues(new GZIPInputStream(resource))) {
        while (addresses.hasNext()) {
          Address address = addresses.next();
          documents.add(
              new Document("%d %s".formatted(address.year(), address.president()), address.text()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Corpus("State of the Union addresses", documents);
  }

  /** A line of the resource. */
  private record Address(int year, String president, String text) {}

  /**
   * Reads texts from wherever they are.
   *
   * @param path a directory, whose visible files are read in the order of their paths; a {@code
   *     .jsonl} or {@code .ndjson} file, with a document a line; or any other file, one document
   * @param field of a JSON line, holds the text; such as {@code text}
   * @throws SaccadeException when something is missing, too large, not UTF-8 or not JSON; the
   *     message says which file, line and byte
   */
  public static Corpus read(Path path, String field) {
    if (!Files.isDirectory(path)) {
      return isJsonLines(path)
          ? new Corpus(path.toString(), JsonLines.read(path, field))
          : ofFile(path);
    }
    List<Document> documents = new ArrayList<>();
    for (Path file : TextDirectory.files(path)) {
      documents.addAll(isJsonLines(file) ? JsonLines.read(file, field) : documentIn(file));
    }
    return new Corpus(path.toString(), documents);
  }

  private static boolean isJsonLines(Path file) {
    String name = file.toString();
    return name.endsWith(".jsonl") || name.endsWith(".ndjson");
  }

  /** An empty file among others is nothing to complain about. */
  private static List<Document> documentIn(Path file) {
    String text = Utf8File.isEmpty(file) ? "" : Utf8File.read(file);
    return text.isBlank() ? List.of() : List.of(new Document(file.toString(), text));
  }

  /**
   * Reads a text file as a corpus of one document.
   *
   * @throws SaccadeException when the file is missing, empty, too large or not UTF-8
   */
  public static Corpus ofFile(Path file) {
    String name = file.toString();
    return new Corpus(name, List.of(new Document(name, Utf8File.read(file))));
  }

  /**
   * Returns the documents of one part in order. A corpus with fewer than fifteen documents has no
   * {@link Split#TEST}, one with fewer than eight no {@link Split#VALIDATION} either.
   */
  public List<Document> documents(Split split) {
    return IntStream.range(0, documents.size())
        .filter(index -> Split.of(index) == split)
        .mapToObj(documents::get)
        .toList();
  }
}
