package dev.saccade.runtime.text;

/**
 * The part of a corpus that a document belongs to: of every twenty, one validates, one tests and
 * the rest trains. Whole documents, so that no speech is on both sides.
 */
public enum Split {
  /** What weights are fitted to. */
  TRAIN,
  /** What choices are made on. */
  VALIDATION,
  /** What results are reported on. */
  TEST;

  /** Returns the part that the document at this index, from 0, belongs to. */
  static Split of(int index) {
    return switch (index % 20) {
      case 7 -> VALIDATION;
      case 14 -> TEST;
      default -> TRAIN;
    };
  }
}
