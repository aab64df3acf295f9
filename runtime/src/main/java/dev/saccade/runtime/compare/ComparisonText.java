package dev.saccade.runtime.compare;

import static java.util.Objects.requireNonNull;

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
import java.util.Map;
import java.util.TreeMap;

/** The text of a comparison as the model's tokens: passages, one sentence, and long stretches. */
final class ComparisonText {

  /** A sentence of so many tokens fills an attention map that a person can still read. */
  private static final int MAP_TOKENS = 26;

  /** Richard Nixon, 1972: short, whole, and with words that refer to each other. */
  private static final String MOON =
      "In reaching the moon, we demonstrated what miracles American technology is capable of"
          + " achieving.";

  /** Words have far fewer, so this many characters a token are enough to cut from. */
  private static final int CHARACTERS_PER_TOKEN = 20;

  /** Among so many sentences there is one of that size. */
  private static final int READ = 200;

  private final String corpus;
  private final String split;
  private final List<TokenSequence> passages;
  private final TokenSequence sentence;
  private final Map<Integer, TokenSequence> stretches;

  private ComparisonText(
      String corpus,
      String split,
      List<TokenSequence> passages,
      TokenSequence sentence,
      Map<Integer, TokenSequence> stretches) {
    this.corpus = corpus;
    this.split = split;
    this.passages = passages;
    this.sentence = sentence;
    this.stretches = stretches;
  }

  /**
   * Draws the text, all of it, so that one that will not do is refused before anything is measured.
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
    String sentence = sentence(corpus, drawn, pretrained.tokenizer(), settings);
    Map<Integer, TokenSequence> stretches = new TreeMap<>();
    settings
        .modelLengths()
        .forEach(
            length ->
                stretches.put(
                    length, stretch(documents.get(0).text(), pretrained.tokenizer(), length)));
    return new ComparisonText(
        corpus.name(),
        test.isEmpty() ? "all" : Split.TEST.name().toLowerCase(Locale.ROOT),
        passages,
        pretrained.tokenizer().encode(sentence, Math.min(positions, MAP_TOKENS * 2)),
        stretches);
  }

  private static String sentence(
      Corpus corpus, Passages drawn, Tokenizer tokenizer, ComparisonSettings settings) {
    if (!settings.sentence().isBlank()) {
      return settings.sentence();
    }
    boolean spoken =
        corpus.documents().stream().anyMatch(document -> document.text().contains(MOON));
    return spoken ? MOON : readable(drawn, tokenizer, settings.seed());
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
    List<String> sentences = drawn.sentencesUpTo(READ, seed);
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

  /** Real text of exactly so many tokens, one of the settings' model lengths. */
  TokenSequence tokens(int length) {
    return requireNonNull(stretches.get(length));
  }

  /** The beginning of a text, which is repeated where it is too short. */
  private static TokenSequence stretch(String document, Tokenizer tokenizer, int length) {
    StringBuilder text = new StringBuilder();
    int characters = CHARACTERS_PER_TOKEN * length;
    while (text.length() < characters) {
      text.append(document, 0, Math.min(document.length(), characters)).append('\n');
    }
    TokenSequence tokens = tokenizer.encode(text.substring(0, characters), length);
    if (tokens.length() != length) {
      throw new SaccadeException(
          "the text gives only %d tokens in %d characters where %d are needed; give one with words"
              .formatted(tokens.length(), characters, length));
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
