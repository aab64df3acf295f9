package dev.saccade.api;

/**
 * A diagnostic that a layer gives on request, such as the attention matrix.
 *
 * <p>Probes cost what they show: the attention matrix of a linear mechanism is quadratic. They are
 * computed only when {@link LayerGraph#wants} says so.
 *
 * @param name how users ask for it, such as {@code "attention"}
 * @param axes its shape in the letters of the package, such as {@code "[B, H, T, S]"}
 * @param meaning one line of help
 */
public record Probe(String name, String axes, String meaning) {

  /** The weight with which each key's value enters each query's context. */
  public static final Probe ATTENTION =
      new Probe("attention", "[B, H, T, S]", "weight of every key for every query");

  /** An estimate of the attention matrix, made without computing it. */
  public static final Probe ESTIMATED_ATTENTION =
      new Probe("estimated-attention", "[B, H, T, M]", "estimated attention, M columns wide");

  /** The keys that a sparse mechanism keeps: 1 for kept, 0 for dropped; usually as CSR. */
  public static final Probe KEPT =
      new Probe("kept", "[B, H, T, S]", "keys kept in the sparse mask");

  /** The sum of each row of the attention matrix. */
  public static final Probe ROW_SUMS =
      new Probe("row-sums", "[B, H, T]", "sum of the attention weights of every query");
}
