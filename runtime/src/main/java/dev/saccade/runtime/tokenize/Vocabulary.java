package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Tokens and their ids, which are 0, 1, 2, … without a gap. */
final class Vocabulary {

  static final int NONE = -1;

  private final Map<String, Integer> ids;
  private final String[] tokens;

  private Vocabulary(Map<String, Integer> ids, String[] tokens) {
    this.ids = ids;
    this.tokens = tokens;
  }

  static Vocabulary of(String source, Map<String, Integer> ids) {
    String[] tokens = new String[ids.size()];
    ids.forEach(
        (token, id) -> {
          if (id < 0 || id >= tokens.length || tokens[id] != null) {
            throw new SaccadeException(
                ("%s: the %d tokens of the vocabulary must have the ids 0 to %d, each once, but %s"
                        + " has id %d")
                    .formatted(source, tokens.length, tokens.length - 1, token, id));
          }
          tokens[id] = token;
        });
    return new Vocabulary(new HashMap<>(ids), tokens);
  }

  int size() {
    return tokens.length;
  }

  /** Returns the id, or {@link #NONE}. */
  int find(String token) {
    Integer id = ids.get(token);
    return id == null ? NONE : id;
  }

  String token(int id) {
    if (id < 0 || id >= tokens.length) {
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
