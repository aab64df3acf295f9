package dev.saccade.runtime.train;

/**
 * Pieces of text, each with the character after it.
 *
 * @param contexts {@code [B, W]}
 * @param next {@code [B]}
 */
public record CharacterBatch(int[][] contexts, int[] next) {}
