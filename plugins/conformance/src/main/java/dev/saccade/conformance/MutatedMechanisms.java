package dev.saccade.conformance;

/** Placeholder. */
final class MutatedMechanisms {
  private MutatedMechanisms() {}
}
