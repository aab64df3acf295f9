package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.weights.OptConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Measures how well a causal language model foresees documents. Each is read by itself, after the
 * model's beginning token as in training, so that its first token counts too; sums are in float64.
 */
public final class Perplexity {

  /** Logits of a batch; more would be memory without a gain in speed. */
  private static final long MOST_LOGITS = 1L << 23;

  private static final int MOST_SEQUENCES = 16;
  private static final double NANOS = 1e9;

  private final CausalModel model;
  private final Tokenizer tokenizer;
  private final PerplexitySettings settings;

  /**
   * @param tokenizer that the model was trained with
   * @throws SaccadeException if the windows are longer than the model's positions
   */
  public Perplexity(CausalModel model, Tokenizer tokenizer, PerplexitySettings settings) {
    OptConfig config = model.pretrained().config();
    if (settings.context() > config.maximumPositions()) {
      throw new SaccadeException(
          "the context must be at most the model's %d positions, but is %d"
              .formatted(config.maximumPositions(), settings.context()));
    }
    this.model = model;
    this.tokenizer = tokenizer;
    this.settings = settings;
  }

  /**
   * Measures.
   *
   * @param stopped asked before every batch of windows, as is whether the thread is interrupted
   * @return empty if it was stopped
   * @throws SaccadeException if there is no document, or the tokenizer has tokens that the model
   *     does not know
   */
  public Optional<PerplexityResult> of(
      List<Document> documents, Progress progress, BooleanSupplier stopped) {
    if (documents.isEmpty()) {
      throw new SaccadeException("there is no document to measure perplexity on");
    }
    long started = System.nanoTime();
    List<Reading> readings =
        documents.stream()
            .map(
                document ->
                    new Reading(document, model.tokens(document.text(), tokenizer), settings))
            .toList();
    List<List<Place>> batches = batches(readings);
    int done = 0;
    int windows = readings.stream().mapToInt(Reading::windows).sum();
    for (List<Place> batch : batches) {
      progress.at(batch.get(0).reading().name(), done, windows);
      if (stopped.getAsBoolean() || Thread.currentThread().isInterrupted()) {
        return Optional.empty();
      }
      score(batch);
      done += batch.size();
    }
    progress.at("done", windows, windows);
    return Optional.of(
        PerplexityResult.of(
            readings.stream().map(Reading::score).toList(),
            settings,
            (System.nanoTime() - started) / NANOS));
  }

  /** One window of one document. */
  private record Place(Reading reading, int window) {

    int[] tokens() {
      return reading.tokens(window);
    }
  }

  /** Full windows many at once; the shorter ones at the ends of documents one by one. */
  private List<List<Place>> batches(List<Reading> readings) {
    List<List<Place>> batches = new ArrayList<>();
    List<Place> full = new ArrayList<>();
    for (Reading reading : readings) {
      for (int window = 0; window < reading.windows(); window++) {
        Place place = new Place(reading, window);
        if (place.tokens().length < settings.context()) {
          batches.add(List.of(place));
          continue;
        }
        full.add(place);
        if (full.size() == sequences()) {
          batches.add(List.copyOf(full));
          full.clear();
        }
      }
    }
    if (!full.isEmpty()) {
      batches.add(full);
    }
    return batches;
  }

  private int sequences() {
    long logits = (long) settings.context() * model.pretrained().config().vocabularySize();
    return (int) Math.max(1, Math.min(MOST_SEQUENCES, MOST_LOGITS / logits));
  }

  private void score(List<Place> places) {
    TokenBatch batch = model.batch(places.stream().map(Place::tokens).toList(), settings.context());
    float[] surprisals = model.surprisals(batch);
    for (int b = 0; b < places.size(); b++) {
      Place place = places.get(b);
      place.reading().score(place.window(), surprisals, b * batch.positions());
    }
  }
}
