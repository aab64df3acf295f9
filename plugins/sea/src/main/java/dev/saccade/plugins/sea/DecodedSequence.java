package dev.saccade.plugins.sea;

/** All that SEA remembers of one sequence while decoding. Used by one thread at a time. */
interface DecodedSequence {

  /** How many positions it has taken, padding included. */
  int length();

  /** Takes the next positions, and writes their context. */
  void advance(Portion portion);

  /** An independent memory that goes on from here. */
  DecodedSequence copy();

  /** How many bytes it holds; what a copy has, too, counts for both. */
  long bytes();
}
