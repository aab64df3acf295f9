package dev.saccade.runtime.train;

/** Pieces of text, each with the character after it. */
public final class CharacterBatch {

  /** {@code [B, W]} */
  final int[][] contexts;

  /** {@code [B]} */
  final int[] next;

  CharacterBatch(int[][] contexts, int[] next) {
    this.contexts = contexts;
    this.next = next;
  }
}
