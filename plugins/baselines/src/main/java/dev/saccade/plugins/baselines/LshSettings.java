package dev.saccade.plugins.baselines;

import dev.saccade.api.kernel.KernelArguments;

/**
 * How locality-sensitive hashing decides which keys a query sees.
 *
 * @param hashes rounds of hashing; a query sees the union of what they give, repeats included
 * @param bucketSize b, the positions of one chunk; a query sees its own chunk and the one before
 * @param causal whether later keys are invisible
 * @param peekingOrder whether, if causal, positions are sorted together with later ones
 * @param withinBuckets whether keys of other buckets in those chunks are invisible
 * @param repeatsDivided whether a key that several rounds give counts once, not once a round
 */
record LshSettings(
    int hashes,
    int bucketSize,
    boolean causal,
    boolean peekingOrder,
    boolean withinBuckets,
    boolean repeatsDivided) {

  private static final String HASHES = "hashes";
  private static final String BUCKET_SIZE = "bucketSize";
  private static final String CAUSAL = "causal";
  private static final String PEEKING_ORDER = "peekingOrder";
  private static final String WITHIN_BUCKETS = "withinBuckets";
  private static final String REPEATS_DIVIDED = "repeatsDivided";

  static LshSettings from(KernelArguments arguments) {
    return new LshSettings(
        Math.toIntExact(arguments.integer(HASHES)),
        Math.toIntExact(arguments.integer(BUCKET_SIZE)),
        arguments.flag(CAUSAL),
        arguments.flag(PEEKING_ORDER),
        arguments.flag(WITHIN_BUCKETS),
        arguments.flag(REPEATS_DIVIDED));
  }

  KernelArguments arguments() {
    return KernelArguments.none()
        .with(HASHES, hashes)
        .with(BUCKET_SIZE, bucketSize)
        .with(CAUSAL, causal)
        .with(PEEKING_ORDER, peekingOrder)
        .with(WITHIN_BUCKETS, withinBuckets)
        .with(REPEATS_DIVIDED, repeatsDivided);
  }

  /** How many rotations hash a sequence: each gives two buckets, one for either sign. */
  int rotations(int length) {
    return (length + 2 * bucketSize - 1) / (2 * bucketSize);
  }

  int buckets(int length) {
    return 2 * rotations(length);
  }

  /** The length with padding: a whole number of buckets, and of pairs of them. */
  int paddedLength(int length) {
    return buckets(length) * bucketSize;
  }
}
