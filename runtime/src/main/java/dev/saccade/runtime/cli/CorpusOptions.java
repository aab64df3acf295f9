package dev.saccade.runtime.cli;

import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Where texts come from, for every command that learns from text. */
final class CorpusOptions {

  /** The corpus that comes along, by name. */
  private static final Path STATE_OF_THE_UNION = Path.of("sotu");

  @Option(
      names = "--text",
      paramLabel = "PATH",
      description =
          "Learn from a text in UTF-8, a .jsonl file, or all files below a directory; may be given"
              + " several times. Default: sotu, the State of the Union addresses that come along, of"
              + " which a part is kept for evaluation.")
  private List<Path> texts = new ArrayList<>();

  @Option(
      names = "--field",
      paramLabel = "NAME",
      defaultValue = "text",
      description = "What holds the text of a .jsonl line. Default: ${DEFAULT-VALUE}.")
  private String field;

  /**
   * Reads all of them as one corpus.
   *
   * @throws dev.saccade.runtime.SaccadeException when a text cannot be read
   */
  Corpus corpus() {
    if (isStateOfTheUnion()) {
      return Corpus.stateOfTheUnion();
    }
    return new Corpus(
        texts.stream().map(Path::toString).collect(Collectors.joining(", ")),
        texts.stream().flatMap(path -> Corpus.read(path, field).documents().stream()).toList());
  }

  /** What a tokenizer learns from: the training part of the corpus that comes along, or all. */
  List<Document> learnedFrom() {
    return isStateOfTheUnion() ? corpus().documents(Split.TRAIN) : corpus().documents();
  }

  private boolean isStateOfTheUnion() {
    return texts.isEmpty() || texts.equals(List.of(STATE_OF_THE_UNION));
  }
}
