package dev.saccade.runtime.tokenize;

/**
 * Cuts text as BERT does, at white space, which goes, and around punctuation, which stays as words
 * of its own; then spells each word with word pieces.
 */
record BertWords(WordPiece wordPiece) implements Speller {

  @Override
  public void spell(String text, TokenIds ids) {
    int start = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      int next = i + Character.charCount(c);
      boolean punctuation = Characters.isPunctuation(c);
      if (punctuation || Characters.isWhitespace(c)) {
        if (start < i) {
          wordPiece.spell(text.substring(start, i), ids);
        }
        if (punctuation) {
          wordPiece.spell(text.substring(i, next), ids);
        }
        start = next;
      }
      i = next;
    }
    if (start < text.length()) {
      wordPiece.spell(text.substring(start), ids);
    }
  }
}
