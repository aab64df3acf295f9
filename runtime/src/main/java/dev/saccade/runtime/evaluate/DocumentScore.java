package dev.saccade.runtime.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How surprised a model is by a document.
 *
 * @param name of the document
 * @param windows in which it was read
 * @param tokens of its text
 * @param scored how many of these tokens count; all of them with a stride, and else all but the
 *     first of every window after the first, which has nothing before it
 * @param words of its text, which white space separates
 * @param bytes of its text in UTF-8
 * @param nats the sum of −log p over the tokens that count
 */
public record DocumentScore(
    String name, int windows, long tokens, long scored, long words, long bytes, double nats)
    implements Sample {

  /** What a model expects as little as one of so many equally likely tokens: exp(nats / token). */
  @JsonProperty
  public double perplexity() {
    return Math.exp(natsPerToken());
  }

  /** The mean surprise of a token. */
  public double natsPerToken() {
    return nats / scored;
  }

  /**
   * What the text costs for each of its bytes, whatever the tokenizer; tokens that do not count are
   * taken for average.
   */
  @JsonProperty
  public double bitsPerByte() {
    return natsPerToken() * tokens / bytes / Math.log(2);
  }

  /** As {@link #perplexity} for a word in place of a token; compares tokenizers. */
  @JsonProperty
  public double wordPerplexity() {
    return Math.exp(natsPerToken() * tokens / words);
  }
}
