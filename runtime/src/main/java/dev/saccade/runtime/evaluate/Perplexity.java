package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Measures how well a causal language model foresees documents. Each is read by itself, or all as
 * one text, after the model's beginning token as in training, so that the first token counts too;
 * sums are in float64.
 */
public final class Perplexity {

  private static final double NANOS = 1e9;

  private final Foresight model;
  private final PerplexitySettings settings;

  /**
   * @throws SaccadeException if the windows are longer than the model's positions
   */
  public Perplexity(Foresight model, PerplexitySettings settings) {
    if (settings.context() > model.maximumContext()) {
      throw new SaccadeException(
          "the context must be at most the model's %d positions, but is %d"
              .formatted(model.maximumContext(), settings.context()));
    }
    this.model = model;
    this.settings = settings;
  }

  /**
   * @param tokenizer that the model was trained with
   * @throws SaccadeException if the windows are longer than the model's positions
   */
  public Perplexity(CausalModel model, Tokenizer tokenizer, PerplexitySettings settings) {
    this(new CausalForesight(model, tokenizer), settings);
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
        settings.documents().arrange(documents).stream()
            .map(document -> new Reading(document, model.tokens(document.text()), settings))
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
    List<DocumentScore> scores = readings.stream().map(Reading::score).toList();
    return Optional.of(
        PerplexityResult.of(
            scores, samples(readings, scores), settings, (System.nanoTime() - started) / NANOS));
  }

  /** One window of one document. */
  private record Place(Reading reading, int window) {

    int[] tokens() {
      return reading.tokens(window);
    }
  }

  /** Full windows many at once; the shorter ones at the ends of documents one by one. */
  private List<List<Place>> batches(List<Reading> readings) {
    int most = model.windowsAtOnce(settings.context());
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
        if (full.size() == most) {
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

  private void score(List<Place> places) {
    List<int[]> windows = places.stream().map(Place::tokens).toList();
    List<float[]> surprisals = model.surprisals(windows, settings.context());
    for (int i = 0; i < places.size(); i++) {
      places.get(i).reading().score(places.get(i).window(), surprisals.get(i));
    }
  }

  /** Stretches as long as a window: shorter ones would be too much alike. */
  private List<? extends Sample> samples(List<Reading> readings, List<DocumentScore> scores) {
    return switch (settings.documents()) {
      case SEPARATE -> scores;
      case JOINED ->
          readings.stream()
              .flatMap(reading -> reading.stretches(settings.context() - 1).stream())
              .toList();
    };
  }
}
