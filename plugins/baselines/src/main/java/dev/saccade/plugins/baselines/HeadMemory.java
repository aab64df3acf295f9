package dev.saccade.plugins.baselines;

/**
 * What decoding remembers of one key head of one sequence. Heads do not touch each other, so each
 * is a task of its own; one is used by one thread at a time.
 */
interface HeadMemory {

  /** Takes the next positions, and writes the context of all queries that the head serves. */
  void take(NextPositions.OfHead next);

  /** How many bytes it holds; what a copy has, too, counts for both. */
  long bytes();

  /** An independent memory that goes on from here. */
  HeadMemory copy();
}
