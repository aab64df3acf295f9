package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.text.Document;
import java.util.List;
import java.util.stream.Collectors;

/** Whether perplexity is measured document by document. */
public enum Documents {
  /**
   * Each is read by itself, after the token that every text begins with: nothing is before its
   * first token. The confidence interval is over documents.
   */
  SEPARATE,

  /**
   * All are one text, two line feeds between one and the next, as the papers on SEA and GPTQ
   * evaluate Wikitext-2: windows run over the ends of documents, the line feeds count as any text,
   * and only the whole begins with the token that every text begins with. The confidence interval
   * is over stretches of a window's length.
   */
  JOINED;

  private static final String BETWEEN = "\n\n";

  /** What is read as one each. */
  List<Document> arrange(List<Document> documents) {
    return switch (this) {
      case SEPARATE -> documents;
      case JOINED ->
          List.of(
              new Document(
                  "%d documents joined".formatted(documents.size()),
                  documents.stream().map(Document::text).collect(Collectors.joining(BETWEEN))));
    };
  }
}
