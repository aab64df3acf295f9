package dev.saccade.runtime.tokenize;

/**
 * Spells one word with the longest pieces of the vocabulary, from left to right; pieces inside a
 * word carry a prefix.
 *
 * @param unknownId stands for a word that cannot be spelled, or is too long to try
 */
record WordPiece(
    Vocabulary vocabulary, int unknownId, String continuingPrefix, int maximumCharacters) {

  void spell(String word, TokenIds pieces) {
    if (word.codePointCount(0, word.length()) > maximumCharacters) {
      pieces.accept(unknownId);
      return;
    }
    int[] ids = new int[word.length()];
    int count = 0;
    for (int start = 0; start < word.length(); ) {
      int end = word.length();
      int id = Vocabulary.NONE;
      while (end > start) {
        String piece = word.substring(start, end);
        id = vocabulary.findPiece(start == 0 ? piece : continuingPrefix + piece);
        if (id != Vocabulary.NONE) {
          break;
        }
        end = word.offsetByCodePoints(end, -1);
      }
      if (id == Vocabulary.NONE) {
        pieces.accept(unknownId);
        return;
      }
      ids[count++] = id;
      start = end;
    }
    for (int i = 0; i < count; i++) {
      pieces.accept(ids[i]);
    }
  }
}
