package dev.saccade.runtime.tokenize;

/** Makes spellings alike before text is cut into words. Pure. */
@FunctionalInterface
interface TextNormalizer {

  /** Leaves text as it is. */
  TextNormalizer NONE = text -> text;

  String normalize(String text);
}
