package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.LayerSize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A mechanism with options, as trials of what all of them promise go through it. */
record Candidate(AttentionMechanism mechanism, Map<String, String> options) {

  /** Every mechanism with its options at least once away from their defaults. */
  static List<Candidate> all() {
    return List.of(
        new Candidate(new SoftmaxAttention(), Map.of()),
        new Candidate(new FlashAttention(), Map.of()),
        new Candidate(new LinearAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of()),
        new Candidate(new PerformerAttention(), Map.of("features", "relu")),
        new Candidate(new CosFormerAttention(), Map.of()),
        new Candidate(new CosFormerAttention(), Map.of("horizon", "model")),
        new Candidate(new SynthesizerAttention(), Map.of("hidden", "7")),
        new Candidate(new SynthesizerAttention(), Map.of("kind", "factorised-random")),
        new Candidate(new SynthesizerAttention(), Map.of("kind", "dense-random", "hidden", "7")),
        new Candidate(new SlidingWindowAttention(), Map.of("window", "5")),
        new Candidate(new SlidingWindowAttention(), Map.of("window", "5", "globals", "2")),
        new Candidate(new TopKOracleAttention(), Map.of("k", "3")),
        new Candidate(new ReformerAttention(), Map.of("bucket", "3", "hashes", "2")),
        new Candidate(new SinkhornAttention(), Map.of("bucket", "5")),
        new Candidate(new ScatterbrainAttention(), Map.of("bucket", "3", "hashes", "2")));
  }

  static Stream<Candidate> causal() {
    return all().stream()
        .filter(
            candidate -> candidate.mechanism().capabilities().maskings().contains(Masking.CAUSAL));
  }

  /** The same with one more option. */
  Candidate with(String option, String value) {
    Map<String, String> more = new LinkedHashMap<>(options);
    more.put(option, value);
    return new Candidate(mechanism, more);
  }

  LayerTrial trial(AttentionSpec spec, LayerSize size, Probe... probes) {
    return new LayerTrial(mechanism, spec, options, size, probes);
  }

  @Override
  public String toString() {
    return mechanism.name() + options;
  }
}
