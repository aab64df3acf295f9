package dev.saccade.runtime.compare;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Passage;
import dev.saccade.runtime.text.Passages;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.weights.PretrainedModel;
import java.util.List;
import java.util.Locale;

/** The text of a comparison as the model's tokens: passages, one sentence, and long stretches. */
final class ComparisonText {

  /** A sentence of so many tokens fills an attention map that a person can still read. */
  private static final int MAP_TOKENS = 26;

  private final String corpus;
  private final String split;
  private final String stretch;
  private final Tokenizer tokenizer;
  private final List<TokenSequence> passages;
  private final TokenSequence sentence;

  private ComparisonText(
      String corpus,
      String split,
      String stretch,
      Tokenizer tokenizer,
      List<TokenSequence> passages,
      TokenSequence sentence) {
    this.corpus = corpus;
    this.split = split;
    this.stretch = stretch;
    this.tokenizer = tokenizer;
    this.passages = passages;
    this.sentence = sentence;
  }

  /**
   * Draws the text.
   *
   * @throws SaccadeException if the corpus is too short or a length is above the model's positions
   */
  static ComparisonText of(Corpus corpus, PretrainedModel pretrained, ComparisonSettings settings) {
    int positions = pretrained.config().maximumPositions();
    requireAtMost(positions, "passage tokens", settings.passageTokens());
    settings.modelLengths().forEach(length -> requireAtMost(positions, "model length", length));

    List<Document> test = corpus.documents(Split.TEST);
    List<Document> documents = test.isEmpty() ? corpus.documents() : test;
    Passages drawn = new Passages(documents, pretrained.tokenizer());
    List<TokenSequence> passages =
        passages(drawn, documents, settings).stream()
            .map(text -> pretrained.tokenizer().encode(text, settings.passageTokens()))
            .toList();
    String sentence =
        settings.sentence().isBlank()
            ? readable(drawn, pretrained.tokenizer(), settings.seed())
            : settings.sentence();
    return new ComparisonText(
        corpus.name(),
        test.isEmpty() ? "all" : Split.TEST.name().toLowerCase(Locale.ROOT),
        documents.get(0).text(),
        pretrained.tokenizer(),
        passages,
        pretrained.tokenizer().encode(sentence, Math.min(positions, MAP_TOKENS * 2)));
  }

  /** As many passages as were asked for, or the whole text if it is shorter than one. */
  private static List<String> passages(
      Passages drawn, List<Document> documents, ComparisonSettings settings) {
    int available = drawn.cut(settings.passageTokens()).size();
    if (available == 0) {
      return documents.stream().map(Document::text).limit(settings.passages()).toList();
    }
    return drawn
        .sample(Math.min(available, settings.passages()), settings.passageTokens(), settings.seed())
        .stream()
        .map(Passage::text)
        .toList();
  }

  /** A sentence long enough to have structure and short enough to be read on a map. */
  private static String readable(Passages drawn, Tokenizer tokenizer, long seed) {
    List<String> sentences = drawn.sentences(Math.min(200, drawn.sentenceCount()), seed);
    return sentences.stream()
        .filter(
            text -> {
              int length = tokenizer.encode(text).length();
              return length >= MAP_TOKENS * 2 / 3 && length <= MAP_TOKENS;
            })
        .findFirst()
        .orElse(sentences.get(0));
  }

  List<TokenSequence> passages() {
    return passages;
  }

  TokenSequence sentence() {
    return sentence;
  }

  /**
   * Real text of exactly so many tokens.
   *
   * @throws SaccadeException if the corpus has no document that long
   */
  TokenSequence tokens(int length) {
    StringBuilder text = new StringBuilder();
    // No token is longer than the text it stands for, so this many characters are enough to cut.
    while (text.length() < 20 * length) {
      text.append(stretch).append('\n');
    }
    TokenSequence tokens = tokenizer.encode(text.substring(0, 20 * length), length);
    if (tokens.length() != length) {
      throw new SaccadeException(
          "the text gives %d tokens where %d are needed".formatted(tokens.length(), length));
    }
    return tokens;
  }

  Report.Text described() {
    long tokens = passages.stream().mapToLong(TokenSequence::length).sum();
    return new Report.Text(corpus, split, passages.size(), tokens);
  }

  Report.Sample sample() {
    return new Report.Sample(sentence.tokens());
  }

  private static void requireAtMost(int positions, String what, int tokens) {
    if (tokens > positions) {
      throw new SaccadeException(
          "%s must be at most %d, the positions of this model, but is %d"
              .formatted(what, positions, tokens));
    }
  }
}
