package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Draws real passages from documents, to compare mechanisms on. The same documents, numbers and
 * seed give the same passages.
 */
public final class Passages {

  private final List<Document> documents;
  private final Tokenizer tokenizer;

  /** Draws from these documents and measures with this tokenizer. */
  public Passages(List<Document> documents, Tokenizer tokenizer) {
    this.documents = List.copyOf(documents);
    this.tokenizer = tokenizer;
  }

  /**
   * Cuts all documents into passages that do not overlap: each the fewest whole sentences that have
   * at least {@code tokens} tokens, so that cutting them at that length gives equal lengths. What
   * remains at the end of a document is left out.
   */
  public List<Passage> cut(int tokens) {
    if (tokens <= 0) {
      throw new SaccadeException("a passage must have at least 1 token, not " + tokens);
    }
    List<Passage> passages = new ArrayList<>();
    for (Document document : documents) {
      StringBuilder text = new StringBuilder();
      int length = 0;
      for (String sentence : Sentences.of(document.text())) {
        text.append(text.isEmpty() ? "" : " ").append(sentence);
        length += tokenizer.encode(sentence).textLength();
        if (length >= tokens) {
          passages.add(new Passage(document.name(), text.toString(), length));
          text.setLength(0);
          length = 0;
        }
      }
    }
    return passages;
  }

  /**
   * Draws different passages of at least {@code tokens} tokens each, as {@link #cut} makes them.
   *
   * @throws SaccadeException when the documents do not have so many
   */
  public List<Passage> sample(int count, int tokens, long seed) {
    return draw(cut(tokens), count, seed, "passages of at least %d tokens".formatted(tokens));
  }

  /**
   * Draws different sentences.
   *
   * @throws SaccadeException when the documents do not have so many
   */
  public List<String> sentences(int count, long seed) {
    return draw(sentences(), count, seed, "sentences");
  }

  /** Draws different sentences, or all of them where the documents have fewer. */
  public List<String> sentencesUpTo(int count, long seed) {
    List<String> sentences = sentences();
    return draw(sentences, Math.min(count, sentences.size()), seed, "sentences");
  }

  private List<String> sentences() {
    return documents.stream().flatMap(d -> Sentences.of(d.text()).stream()).distinct().toList();
  }

  private static <T> List<T> draw(List<T> all, int count, long seed, String what) {
    if (count < 0 || count > all.size()) {
      throw new SaccadeException(
          "the text has %d %s, but %d are asked for; ask for fewer or shorter ones, or give more"
                  .formatted(all.size(), what, count)
              + " text");
    }
    List<T> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(seed));
    return List.copyOf(shuffled.subList(0, count));
  }
}
