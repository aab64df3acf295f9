package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/**
 * Tokens and their ids, which are 0, 1, 2, … without a gap: those that words are spelled with, and
 * those that were added and occur as a whole only.
 */
final class Vocabulary {

  static final int NONE = -1;

  private final Map<String, Integer> pieces;
  private final Map<String, Integer> added;
  private final String[] tokens;

  private Vocabulary(Map<String, Integer> pieces, Map<String, Integer> added, String[] tokens) {
    this.pieces = pieces;
    this.added = added;
    this.tokens = tokens;
  }

  /**
   * Checks that the ids have no gap.
   *
   * @param pieces tokens that words are spelled with
   * @param added other tokens
   */
  static Vocabulary of(String source, Map<String, Integer> pieces, Map<String, Integer> added) {
    String[] tokens = new String[pieces.size() + added.size()];
    BiConsumer<String, Integer> place =
        (token, id) -> {
          if (id < 0 || id >= tokens.length || tokens[id] != null) {
            throw new SaccadeException(
                ("%s: the %d tokens of the vocabulary must have the ids 0 to %d, each once, but %s"
                        + " has id %d")
                    .formatted(
                        source,
                        tokens.length,
                        tokens.length - 1,
                        JsonSection.printable(token),
                        id));
          }
          tokens[id] = token;
        };
    pieces.forEach(place);
    added.forEach(place);
    return new Vocabulary(new HashMap<>(pieces), new HashMap<>(added), tokens);
  }

  int size() {
    return tokens.length;
  }

  /** Returns the id of a piece of a word, or {@link #NONE}. */
  int findPiece(String token) {
    Integer id = pieces.get(token);
    return id == null ? NONE : id;
  }

  /** Returns the id of any token, or {@link #NONE}. */
  int find(String token) {
    Integer id = added.get(token);
    return id == null ? findPiece(token) : id;
  }

  boolean has(int id) {
    return id >= 0 && id < tokens.length;
  }

  /** Returns the id of any token, if there is such a token. */
  OptionalInt lookUp(String token) {
    int id = find(token);
    return id == NONE ? OptionalInt.empty() : OptionalInt.of(id);
  }

  String token(int id) {
    if (!has(id)) {
      throw new SaccadeException(
          "a token id must be from 0 to %d, but is %d".formatted(tokens.length - 1, id));
    }
    return tokens[id];
  }

  @Override
  public String toString() {
    return tokens.length + " tokens " + Arrays.asList(tokens).subList(0, Math.min(5, size()));
  }
}
