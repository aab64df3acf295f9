package dev.saccade.runtime.compare;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.measure.Stopwatch;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.report.Timing;
import dev.saccade.runtime.tokenize.TokenSequence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Times and peak memory of the forward pass of one sequence. */
final class LatencyMeter {

  private LatencyMeter() {}

  /**
   * Times the whole model. The mechanisms take turns, so that a machine that slows down slows all
   * of them.
   */
  static void model(
      List<Candidate> candidates,
      TokenSequence tokens,
      ComparisonSettings settings,
      Consumer<String> step) {
    int length = tokens.length();
    Map<Candidate, Stopwatch> watches = new LinkedHashMap<>();
    for (Candidate candidate : candidates) {
      step.accept("%s at %,d tokens".formatted(candidate.name(), length));
      candidate.attempt(
          () -> {
            EncoderModel model = candidate.model();
            String refusal = model.withSlots(slots -> refusal(slots, length));
            if (!refusal.isEmpty()) {
              candidate.latency(Timing.skipped(length, refusal));
              return;
            }
            Stopwatch watch =
                new Stopwatch(length, () -> model.encodeTokens(List.of(tokens)).peakBytes());
            watch.warmUp();
            watches.put(candidate, watch);
          });
    }
    for (int i = 0; i < settings.repetitions(); i++) {
      watches.forEach(
          (candidate, watch) ->
              candidate.attempt(() -> watch.lap(settings.repetitions(), settings.patience())));
    }
    watches.forEach(
        (candidate, watch) -> candidate.attempt(() -> candidate.latency(watch.timing())));
  }

  /**
   * Times one attention layer on random queries, keys and values. The mechanisms run one after
   * another, since two of them might not fit into memory together.
   */
  static void layer(
      List<Candidate> candidates, int length, ComparisonSettings settings, Consumer<String> step) {
    for (Candidate candidate : candidates) {
      step.accept("one layer of %s at %,d positions".formatted(candidate.name(), length));
      candidate.attempt(
          () ->
              candidate.layerLatency(
                  candidate.onItsOwn(
                      length, settings.seed(), slot -> layer(slot, length, settings))));
    }
  }

  /** Why one of the slots does not take this length; empty if all do. */
  private static String refusal(List<AttentionSlot> slots, int length) {
    return slots.stream()
        .flatMap(slot -> slot.takes(LayerSize.self(1, length)).reasons().stream())
        .distinct()
        .collect(Collectors.joining("; "));
  }

  private static Timing layer(AttentionSlot slot, int length, ComparisonSettings settings) {
    String refusal = refusal(List.of(slot), length);
    if (!refusal.isEmpty()) {
      return Timing.skipped(length, refusal);
    }
    AttentionSpec spec = slot.spec();
    Random random = new Random(settings.seed());
    try (SingleLayer layer = new SingleLayer(slot, LayerSize.self(1, length), Set.of());
        INDArray query = gaussian(random, spec.heads(), length, spec.headSize());
        INDArray key = gaussian(random, spec.kvHeads(), length, spec.headSize());
        INDArray value = gaussian(random, spec.kvHeads(), length, spec.headSize());
        INDArray real = Nd4j.ones(query.dataType(), 1, length)) {
      Map<String, INDArray> inputs =
          Map.of(
              SingleLayer.QUERY, query,
              SingleLayer.KEY, key,
              SingleLayer.VALUE, value,
              SingleLayer.REAL, real);
      Stopwatch watch =
          new Stopwatch(
              length,
              () -> {
                try (GraphOutputs outputs = layer.run(inputs)) {
                  return layer.peakBytes();
                }
              });
      watch.warmUp();
      return watch.laps(settings.repetitions(), settings.patience()).timing();
    }
  }

  private static INDArray gaussian(Random random, int heads, int length, int headSize) {
    float[] values = new float[heads * length * headSize];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(1, heads, length, headSize);
  }
}
