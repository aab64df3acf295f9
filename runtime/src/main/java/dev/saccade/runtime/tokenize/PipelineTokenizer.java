package dev.saccade.runtime.tokenize;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.AddedTokens.AddedToken;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * A tokenizer as {@code tokenizer.json} describes one: finds added tokens, normalizes the text
 * between them, has it spelled with the vocabulary, and puts special tokens around the whole.
 */
final class PipelineTokenizer implements Tokenizer {

  /**
   * What differs from tokenizer to tokenizer.
   *
   * @param joiner starts a text to be put together from tokens
   */
  record Stages(
      TextNormalizer normalizer, Speller speller, Frame frame, Supplier<TokenJoiner> joiner) {}

  private final Vocabulary vocabulary;
  private final Stages stages;
  private final AddedTokens inRawText;
  private final AddedTokens inNormalizedText;
  private final BitSet specialIds = new BitSet();
  private final SpecialTokens specialTokens;

  PipelineTokenizer(
      Vocabulary vocabulary,
      List<AddedToken> addedTokens,
      Stages stages,
      SpecialTokens specialTokens) {
    this.vocabulary = vocabulary;
    this.stages = stages;
    this.specialTokens = specialTokens;
    inRawText =
        new AddedTokens(
            addedTokens.stream().filter(t -> !t.normalized()).toList(), TextNormalizer.NONE);
    inNormalizedText =
        new AddedTokens(
            addedTokens.stream().filter(AddedToken::normalized).toList(), stages.normalizer());
    addedTokens.stream().filter(AddedToken::special).forEach(t -> specialIds.set(t.id()));
  }

  @Override
  public TokenSequence encode(String text) {
    int[] ids = textIds(text);
    return stages.frame().around(ids, ids.length, vocabulary);
  }

  @Override
  public TokenSequence encode(String text, int maximumLength) {
    int room = maximumLength - stages.frame().size();
    if (room < 0) {
      throw new SaccadeException(
          "the maximum length must leave room for the %d special tokens, but is %d"
              .formatted(stages.frame().size(), maximumLength));
    }
    int[] ids = textIds(text);
    return stages.frame().around(ids, Math.min(ids.length, room), vocabulary);
  }

  @Override
  public int[] textIds(String text) {
    TokenIds ids = new TokenIds();
    inRawText.split(
        Characters.wellFormed(text),
        ids,
        raw ->
            inNormalizedText.split(
                stages.normalizer().normalize(raw),
                ids,
                normalized -> stages.speller().spell(normalized, ids)));
    return ids.toArray();
  }

  @Override
  public String decode(int... ids) {
    StringBuilder text = new StringBuilder();
    StreamingDecoder decoder = streamingDecoder();
    for (int id : ids) {
      text.append(decoder.add(id));
    }
    return text.append(decoder.finish()).toString();
  }

  @Override
  public StreamingDecoder streamingDecoder() {
    TokenJoiner joiner = stages.joiner().get();
    return new StreamingDecoder() {
      @Override
      public String add(int id) {
        String token = vocabulary.token(id);
        return specialIds.get(id) ? "" : joiner.add(token);
      }

      @Override
      public String finish() {
        return joiner.finish();
      }
    };
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public OptionalInt idOf(String token) {
    return vocabulary.lookUp(token);
  }

  @Override
  public String tokenOf(int id) {
    return vocabulary.token(id);
  }

  @Override
  public SpecialTokens specialTokens() {
    return specialTokens;
  }

  @Override
  public String toString() {
    return "tokenizer of " + vocabulary;
  }
}
