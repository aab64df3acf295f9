package dev.saccade.runtime.evaluate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The perplexity of a model on documents.
 *
 * @param total all documents as one
 * @param interval of the total perplexity at {@link #CONFIDENCE}; null for a single document or
 *     stretch, which says nothing of others
 * @param documents in their order; joined ones are one
 * @param seconds that it took
 */
public record PerplexityResult(
    DocumentScore total,
    @Nullable Interval interval,
    List<DocumentScore> documents,
    double seconds) {

  /** How sure the interval is. */
  public static final double CONFIDENCE = 0.95;

  public PerplexityResult {
    documents = List.copyOf(documents);
  }

  /**
   * Adds documents up.
   *
   * @param documents at least 1
   * @param samples the same in parts that the interval is drawn from
   */
  static PerplexityResult of(
      List<DocumentScore> documents,
      List<? extends Sample> samples,
      PerplexitySettings settings,
      double seconds) {
    DocumentScore total =
        new DocumentScore(
            "total",
            documents.stream().mapToInt(DocumentScore::windows).sum(),
            documents.stream().mapToLong(DocumentScore::tokens).sum(),
            documents.stream().mapToLong(DocumentScore::scored).sum(),
            documents.stream().mapToLong(DocumentScore::words).sum(),
            documents.stream().mapToLong(DocumentScore::bytes).sum(),
            documents.stream().mapToDouble(DocumentScore::nats).sum());
    Interval interval =
        samples.size() < 2
            ? null
            : new Bootstrap(settings.resamples(), settings.seed(), CONFIDENCE).perplexity(samples);
    return new PerplexityResult(total, interval, documents, seconds);
  }
}
