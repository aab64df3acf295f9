package dev.saccade.api;

/**
 * What one attention layer computes, apart from its weights and its mechanism.
 *
 * <p>Immutable. Begin with {@link #multiHead} and say what differs:
 *
 * <pre>{@code
 * AttentionSpec spec = AttentionSpec.multiHead(12, 64).withMasking(Masking.CAUSAL);
 * }</pre>
 *
 * @param heads H, the number of query heads
 * @param kvHeads K, the number of key/value heads; a divisor of H
 * @param headSize D, the features of one head
 * @param hiddenSize the features of one position outside the attention layer
 * @param maxPositions the longest sequence that the model admits
 * @param masking which keys a query may see
 * @param source where keys and values come from
 * @param elementType how the numbers are stored
 */
public record AttentionSpec(
    int heads,
    int kvHeads,
    int headSize,
    int hiddenSize,
    int maxPositions,
    Masking masking,
    Source source,
    ElementType elementType) {

  public AttentionSpec {
    requirePositive("heads", heads);
    requirePositive("kvHeads", kvHeads);
    requirePositive("headSize", headSize);
    requirePositive("hiddenSize", hiddenSize);
    requirePositive("maxPositions", maxPositions);
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "kvHeads must divide heads, so that each key head serves as many query heads as the next:"
              + " heads=%d, kvHeads=%d".formatted(heads, kvHeads));
    }
    if (masking.causal() && source == Source.CROSS) {
      throw new IllegalArgumentException(
          "causal masking needs queries and keys at the same positions, which cross attention"
              + " does not have: masking=%s, source=%s".formatted(masking, source));
    }
  }

  /** Every query head with keys and values of its own, no mask, float32, up to 512 positions. */
  public static AttentionSpec multiHead(int heads, int headSize) {
    if (heads > 0 && headSize > Integer.MAX_VALUE / heads) {
      throw new IllegalArgumentException(
          "heads times headSize must be below 2^31: heads=%d, headSize=%d"
              .formatted(heads, headSize));
    }
    return new AttentionSpec(
        heads, heads, headSize, heads * headSize, 512, Masking.NONE, Source.SELF, ElementType.F32);
  }

  public AttentionSpec withKvHeads(int kvHeads) {
    return new AttentionSpec(
        heads, kvHeads, headSize, hiddenSize, maxPositions, masking, source, elementType);
  }

  public AttentionSpec withHiddenSize(int hiddenSize) {
    return new AttentionSpec(
        heads, kvHeads, headSize, hiddenSize, maxPositions, masking, source, elementType);
  }

  public AttentionSpec withMaxPositions(int maxPositions) {
    return new AttentionSpec(
        heads, kvHeads, headSize, hiddenSize, maxPositions, masking, source, elementType);
  }

  public AttentionSpec withMasking(Masking masking) {
    return new AttentionSpec(
        heads, kvHeads, headSize, hiddenSize, maxPositions, masking, source, elementType);
  }

  public AttentionSpec withSource(Source source) {
    return new AttentionSpec(
        heads, kvHeads, headSize, hiddenSize, maxPositions, masking, source, elementType);
  }

  public AttentionSpec withElementType(ElementType elementType) {
    return new AttentionSpec(
        heads, kvHeads, headSize, hiddenSize, maxPositions, masking, source, elementType);
  }

  /** 1/√D, which keeps the variance of the logits near one. */
  public double scale() {
    return 1 / Math.sqrt(headSize);
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s must be at least 1 but is %d".formatted(name, value));
    }
  }
}
