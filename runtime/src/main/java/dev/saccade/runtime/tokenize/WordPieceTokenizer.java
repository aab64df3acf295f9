package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.AddedTokens.AddedToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntConsumer;

/**
 * The tokenizer of the BERT family: finds added tokens, normalizes the text between them, cuts it
 * at white space and punctuation, and spells each word with word pieces.
 */
final class WordPieceTokenizer implements Tokenizer {

  /** Special tokens that go before and after every text. */
  record Frame(List<Integer> before, List<Integer> after) {
    int size() {
      return before.size() + after.size();
    }
  }

  private final Vocabulary vocabulary;
  private final BertNormalizer normalizer;
  private final WordPiece wordPiece;
  private final AddedTokens inRawText;
  private final AddedTokens inNormalizedText;
  private final BitSet specialIds = new BitSet();
  private final Frame frame;
  private final WordPieceDecoder decoder;
  private final int paddingId;

  WordPieceTokenizer(
      Vocabulary vocabulary,
      List<AddedToken> addedTokens,
      BertNormalizer normalizer,
      WordPiece wordPiece,
      Frame frame,
      WordPieceDecoder decoder) {
    this.vocabulary = vocabulary;
    this.normalizer = normalizer;
    this.wordPiece = wordPiece;
    this.frame = frame;
    this.decoder = decoder;
    inRawText = new AddedTokens(addedTokens.stream().filter(t -> !t.normalized()).toList());
    inNormalizedText =
        new AddedTokens(addedTokens.stream().filter(AddedToken::normalized).toList(), normalizer);
    addedTokens.stream().filter(AddedToken::special).forEach(t -> specialIds.set(t.id()));
    paddingId = Math.max(0, vocabulary.find("[PAD]"));
  }

  @Override
  public TokenSequence encode(String text) {
    return framed(idsOf(text), Integer.MAX_VALUE);
  }

  @Override
  public TokenSequence encode(String text, int maximumLength) {
    if (maximumLength < frame.size()) {
      throw new SaccadeException(
          "the maximum length must leave room for the %d special tokens, but is %d"
              .formatted(frame.size(), maximumLength));
    }
    return framed(idsOf(text), maximumLength);
  }

  private int[] idsOf(String text) {
    Ids ids = new Ids();
    inRawText.split(
        text,
        ids,
        raw -> inNormalizedText.split(normalizer.normalize(raw), ids, words -> spell(words, ids)));
    return ids.toArray();
  }

  /** Cuts at white space, which goes, and around punctuation, which stays as words of its own. */
  private void spell(String text, IntConsumer ids) {
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

  private TokenSequence framed(int[] text, int maximumLength) {
    int kept = Math.min(text.length, maximumLength - frame.size());
    int before = frame.before().size();
    int[] ids = new int[before + kept + frame.after().size()];
    BitSet special = new BitSet(ids.length);
    special.set(0, before);
    special.set(before + kept, ids.length);
    for (int i = 0; i < before; i++) {
      ids[i] = frame.before().get(i);
    }
    System.arraycopy(text, 0, ids, before, kept);
    for (int i = before + kept; i < ids.length; i++) {
      ids[i] = frame.after().get(i - before - kept);
    }
    return new TokenSequence(ids, Arrays.stream(ids).mapToObj(vocabulary::token).toList(), special);
  }

  @Override
  public String decode(int... ids) {
    List<String> tokens = new ArrayList<>(ids.length);
    for (int id : ids) {
      String token = vocabulary.token(id);
      if (!specialIds.get(id)) {
        tokens.add(token);
      }
    }
    return decoder.decode(tokens);
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public OptionalInt idOf(String token) {
    int id = vocabulary.find(token);
    return id == Vocabulary.NONE ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public String tokenOf(int id) {
    return vocabulary.token(id);
  }

  @Override
  public int paddingId() {
    return paddingId;
  }

  /** A growing array of ids. */
  private static final class Ids implements IntConsumer {

    private int[] ids = new int[64];
    private int size;

    @Override
    public void accept(int id) {
      if (size == ids.length) {
        ids = Arrays.copyOf(ids, 2 * size);
      }
      ids[size++] = id;
    }

    int[] toArray() {
      return Arrays.copyOf(ids, size);
    }
  }
}
