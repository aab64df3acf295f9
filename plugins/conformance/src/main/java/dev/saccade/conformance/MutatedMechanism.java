package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import java.util.Set;

/**
 * A mechanism with one mistake, and the tests of the kit that find it.
 *
 * @param mistake what is wrong, in a few words
 * @param mechanism correct but for that
 * @param caughtBy the methods of {@link AttentionMechanismConformance} that fail, all others do not
 */
public record MutatedMechanism(String mistake, AttentionMechanism mechanism, Set<String> caughtBy) {

  public MutatedMechanism {
    caughtBy = Set.copyOf(caughtBy);
  }

  static MutatedMechanism of(String mistake, CorrectAttention mechanism, String... caughtBy) {
    return new MutatedMechanism(mistake, mechanism, Set.of(caughtBy));
  }

  @Override
  public String toString() {
    return mistake;
  }
}
