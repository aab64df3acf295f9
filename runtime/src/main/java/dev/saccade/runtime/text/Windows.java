package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import java.util.AbstractList;
import java.util.RandomAccess;

/**
 * The windows through which a model with a limited context sees a long text, and which tokens of
 * each window count, to measure perplexity with an exact account of tokens.
 *
 * <ul>
 *   <li>{@link #apart}: one window after the other, as papers evaluate OPT on Wikitext-2 since GPTQ
 *       (Frantar et al. 2022). Fast; the first token of each window has no context and does not
 *       count.
 *   <li>{@link #strided}: windows overlap, and of each only what no window before it scored counts,
 *       so every token of the text but the first counts exactly once, as in Hugging Face's
 *       "Perplexity of fixed-length models". The smaller the stride, the more context each has.
 * </ul>
 */
public final class Windows extends AbstractList<Windows.Window> implements RandomAccess {

  /**
   * A stretch of the text. The logits at position p − 1 of the window score its token p.
   *
   * @param start of the window in the text
   * @param end of the window in the text, exclusive
   * @param firstScored the position in the text from which tokens count, up to {@code end}
   */
  public record Window(int start, int end, int firstScored) {

    /** Returns the tokens that the model is given. */
    public int length() {
      return end - start;
    }

    /** Returns the number of tokens that count. */
    public int scored() {
      return end - firstScored;
    }

    /** Returns the first position within the window whose token counts; at least 1. */
    public int firstScoredInWindow() {
      return firstScored - start;
    }
  }

  private final int tokens;
  private final int length;
  private final int stride;
  private final int count;

  private Windows(int tokens, int length, int stride, int count) {
    this.tokens = tokens;
    this.length = length;
    this.stride = stride;
    this.count = count;
  }

  /**
   * Windows that do not overlap. The last is shorter where the text does not fill it, and left out
   * where it would have one token only.
   *
   * @param tokens of the text; at least 2
   * @param length the context of the model in tokens; at least 2
   */
  public static Windows apart(int tokens, int length) {
    check(tokens, length);
    return new Windows(tokens, length, length, tokens / length + (tokens % length > 1 ? 1 : 0));
  }

  /**
   * Windows that overlap.
   *
   * @param tokens of the text; at least 2
   * @param length the context of the model in tokens; at least 2
   * @param stride by how many tokens a window lies after the one before it, less than {@code
   *     length}
   */
  public static Windows strided(int tokens, int length, int stride) {
    check(tokens, length);
    if (stride < 1 || stride >= length) {
      throw new SaccadeException(
          ("the stride must be from 1 to %d, one less than the window's %d tokens, so that each"
                  + " token has another before it, but is %d; windows apart need none")
              .formatted(length - 1, length, stride));
    }
    int count = tokens <= length ? 1 : 1 + (tokens - length + stride - 1) / stride;
    return new Windows(tokens, length, stride, count);
  }

  private static void check(int tokens, int length) {
    if (tokens < 2) {
      throw new SaccadeException(
          "a text must have at least 2 tokens, one to predict from another, not " + tokens);
    }
    if (length < 2) {
      throw new SaccadeException("a window must have at least 2 tokens, not " + length);
    }
  }

  @Override
  public Window get(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException(
          "a window must be from 0 to %d, but is %d".formatted(count - 1, index));
    }
    int start = index * stride;
    int end = (int) Math.min(tokens, (long) start + length);
    int endBefore = index == 0 ? 0 : start - stride + length;
    return new Window(start, end, Math.max(start + 1, endBefore));
  }

  /** Returns the number of windows. */
  @Override
  public int size() {
    return count;
  }

  /** Returns how many tokens count in all windows: the denominator of a perplexity. */
  public long scored() {
    return stride < length ? tokens - 1L : Math.min(tokens, (long) count * length) - count;
  }
}
