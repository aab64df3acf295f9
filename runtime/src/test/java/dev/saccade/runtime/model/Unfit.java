package dev.saccade.runtime.model;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Growth;
import dev.saccade.api.option.Options;

/** A version of a mechanism that no longer knows the options that users have set. */
record Unfit(String name) implements AttentionMechanism {

  @Override
  public String summary() {
    return "the values as they are";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.linear("H·T·D"), Growth.linear("H·T·D"));
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    return (graph, query, key, value, mask) -> AttentionOutput.of(value);
  }
}
