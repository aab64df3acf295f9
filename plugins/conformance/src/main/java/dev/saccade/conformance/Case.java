package dev.saccade.conformance;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Feature;
import dev.saccade.api.LengthRule;
import dev.saccade.api.Probe;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.LayerSize;

/** One layer to be tried: a mechanism, its options, and what it is asked to compute. */
record Case(Subject subject, Variant variant, AttentionSpec spec) {

  Options options() {
    return subject.options(variant);
  }

  /** Whether the mechanism takes this spec with these options, which may rule it out. */
  boolean isTaken() {
    return subject.mechanism().check(spec, options()).isYes();
  }

  AttentionLayer layer() {
    return subject.mechanism().layer(spec, options());
  }

  boolean has(Feature feature) {
    return subject.has(feature);
  }

  Case with(AttentionSpec other) {
    return new Case(subject, variant, other);
  }

  /** The shortest length that the layer takes and that is not below {@code wanted}. */
  int length(int wanted) {
    LengthRule rule = layer().lengths();
    long multiple = rule.multiple();
    return Math.toIntExact((Math.max(wanted, rule.minimum()) + multiple - 1) / multiple * multiple);
  }

  /** The usual length. */
  int length() {
    return length(subject.sizes().length());
  }

  /** The usual batch over one length. */
  LayerSize size(int length) {
    return LayerSize.self(subject.sizes().batch(), length);
  }

  /** Builds the layer in a graph of its own. */
  RunningLayer run(LayerSize size, Probe... probes) {
    return RunningLayer.forward(this, size, probes);
  }

  @Override
  public String toString() {
    return "%s: %s, %s, %s%s"
        .formatted(
            variant,
            spec.masking(),
            spec.source(),
            spec.elementType(),
            spec.heads() == spec.kvHeads()
                ? ""
                : ", H=%d K=%d".formatted(spec.heads(), spec.kvHeads()));
  }
}
