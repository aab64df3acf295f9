package dev.saccade.runtime.tokenize;

/** Spells a stretch of normalized text, without added tokens, as tokens of a vocabulary. */
@FunctionalInterface
interface Speller {

  void spell(String text, TokenIds ids);
}
