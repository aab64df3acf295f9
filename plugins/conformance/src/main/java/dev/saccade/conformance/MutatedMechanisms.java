package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import java.util.List;
import java.util.stream.Stream;

/**
 * Mechanisms that are wrong in one way each, which the kit must find. They are the kit's own test,
 * and examples of what plugin authors get wrong.
 */
public final class MutatedMechanisms {

  private MutatedMechanisms() {}

  /** The mechanism that all are mutated from, which passes every test. */
  public static AttentionMechanism correct() {
    return new CorrectAttention();
  }

  /** Every mutation. */
  public static List<MutatedMechanism> all() {
    return Stream.of(
            MutatedMasks.all(),
            MutatedNumbers.all(),
            MutatedKernels.all(),
            MutatedDeclarations.all(),
            MutatedOptions.all(),
            MutatedDecodings.all(),
            MutatedProbes.all())
        .flatMap(List::stream)
        .toList();
  }
}
