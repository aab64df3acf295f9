package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Learns a byte-level vocabulary from text by byte pair encoding (Sennrich, Haddow and Birch 2016,
 * algorithm 1; over bytes: Radford et al. 2019, section 2.2): words are cut as GPT-2 cuts them and
 * start as single bytes; the pair of neighbours that occurs most often becomes a token, again and
 * again.
 *
 * <p>The same texts, in any order, give the same vocabulary: of pairs that occur equally often, the
 * one with the lower left id goes first, then the one with the lower right id, as with Hugging
 * Face. For one thread.
 */
public final class BpeTrainer {

  /**
   * What to learn.
   *
   * @param vocabularySize tokens to stop at: special ones, 256 bytes and what merges give
   * @param minimumFrequency how often a pair must occur to become a token; at least 1
   * @param specialTokens never made from text; they get the ids from 0 in this order
   * @param startToken the special token that goes before every text; empty for none
   */
  public record Settings(
      int vocabularySize, int minimumFrequency, List<String> specialTokens, String startToken) {

    /** OPT's special tokens, in OPT's order: a text starts and ends with {@code </s>}. */
    public static final List<String> SPECIAL_TOKENS_OF_OPT =
        List.of("<s>", "<pad>", "</s>", "<unk>");

    public Settings {
      specialTokens = List.copyOf(specialTokens);
      int least = specialTokens.size() + 256;
      if (vocabularySize < least || vocabularySize > MAXIMUM_VOCABULARY) {
        throw new SaccadeException(
            "the vocabulary must have %d tokens (256 bytes and %d special tokens) to %d, not %d"
                .formatted(least, specialTokens.size(), MAXIMUM_VOCABULARY, vocabularySize));
      }
      if (minimumFrequency < 1) {
        throw new SaccadeException(
            "the minimum frequency must be at least 1, but is " + minimumFrequency);
      }
      if (new HashSet<>(specialTokens).size() < specialTokens.size()
          || specialTokens.stream().anyMatch(token -> token.strip().length() < 2)) {
        throw new SaccadeException(
            "special tokens must differ and have two characters or more, but are " + specialTokens);
      }
      if (!startToken.isEmpty() && !specialTokens.contains(startToken)) {
        throw new SaccadeException(
            "the start token must be one of the special tokens %s, but is %s"
                .formatted(specialTokens, startToken));
      }
    }

    /** A vocabulary for models of the OPT family, of pairs that occur twice or more. */
    public static Settings opt(int vocabularySize) {
      return new Settings(vocabularySize, 2, SPECIAL_TOKENS_OF_OPT, "</s>");
    }
  }

  /** More than any known model has. */
  private static final int MAXIMUM_VOCABULARY = 1 << 20;

  /** Longer words are learnt from in parts, so that no single one makes every merge slow. */
  private static final int LONGEST_WORD = 256;

  private final Settings settings;
  private final Progress progress;
  private final WordCut cut = new Gpt2Words();
  private final Map<String, long[]> occurrences = new HashMap<>();

  /** Learns with these settings and tells how far it has come. */
  public BpeTrainer(Settings settings, Progress progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /** Counts the words of a text. */
  public void add(String text) {
    cut.cut(
        text,
        0,
        text.length(),
        (all, start, end) -> {
          for (int from = start; from < end; ) {
            int to = Math.min(end, from + LONGEST_WORD);
            if (to < end && Character.isLowSurrogate(all.charAt(to))) {
              to--;
            }
            occurrences.computeIfAbsent(all.substring(from, to), first -> new long[1])[0]++;
            from = to;
          }
        });
  }

  /**
   * Learns from the texts added so far. There are fewer tokens than asked for when no pair occurs
   * often enough.
   *
   * @throws SaccadeException when there is no text
   */
  public TrainedBpe train() {
    if (occurrences.isEmpty()) {
      throw new SaccadeException("a vocabulary is learnt from text, but there is none");
    }
    List<String> tokens = new ArrayList<>(settings.specialTokens());
    int[] byteIds = bytes(tokens);
    PairCounts pairs = new PairCounts();
    occurrences.forEach((word, count) -> pairs.add(ids(word, byteIds), count[0]));
    Map<String, Integer> idOf = new HashMap<>();
    for (int id = settings.specialTokens().size(); id < tokens.size(); id++) {
      idOf.put(tokens.get(id), id);
    }
    List<TrainedBpe.Merge> merges = new ArrayList<>();
    int first = tokens.size();
    while (tokens.size() < settings.vocabularySize()) {
      PairCounts.Pair best = pairs.most();
      if (best == null || best.count() < settings.minimumFrequency()) {
        break;
      }
      TrainedBpe.Merge merge =
          new TrainedBpe.Merge(tokens.get(best.left()), tokens.get(best.right()));
      String spelled = merge.left() + merge.right();
      if (settings.specialTokens().contains(spelled)) {
        // Text must not become a special token.
        pairs.forget(best);
        continue;
      }
      Integer known = idOf.putIfAbsent(spelled, tokens.size());
      if (known == null) {
        tokens.add(spelled);
      }
      merges.add(merge);
      pairs.merge(best, known == null ? tokens.size() - 1 : known);
      progress.at("learning tokens", tokens.size() - first, settings.vocabularySize() - first);
    }
    return new TrainedBpe(settings, tokens, merges);
  }

  /** Adds the 256 bytes in the order of the characters that they are written as. */
  private static int[] bytes(List<String> tokens) {
    int[] ids = new int[256];
    for (char c : ByteAlphabet.inOrder()) {
      ids[Byte.toUnsignedInt(ByteAlphabet.read(String.valueOf(c))[0])] = tokens.size();
      tokens.add(String.valueOf(c));
    }
    return ids;
  }

  private static int[] ids(String word, int[] byteIds) {
    byte[] bytes = Utf8.of(word);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = byteIds[Byte.toUnsignedInt(bytes[i])];
    }
    return ids;
  }
}
