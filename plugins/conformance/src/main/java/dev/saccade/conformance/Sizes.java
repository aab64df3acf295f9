package dev.saccade.conformance;

/**
 * The sizes that a mechanism is tried with. Distinct primes, so that a swapped axis shows.
 *
 * @param batch B, at least 2
 * @param heads H
 * @param headSize D
 * @param length T, the usual one
 * @param otherLength S where it differs from T
 * @param maxPositions what the model admits
 */
public record Sizes(
    int batch, int heads, int headSize, int length, int otherLength, int maxPositions) {

  public Sizes {
    if (batch < 2 || length == otherLength) {
      throw new IllegalArgumentException(
          "there must be two sequences at least and two lengths: batch=%d, length=%d, otherLength=%d"
              .formatted(batch, length, otherLength));
    }
  }

  /** B=2, H=3, D=7, T=13, S=17, up to 67 positions. */
  public static Sizes small() {
    return new Sizes(2, 3, 7, 13, 17, 67);
  }
}
