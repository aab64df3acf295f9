package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * ListOps: nested lists of digits with an operation each, such as {@code [MAX 2 9 [MIN 4 7 ] 0 ]};
 * the digit that it comes to is to be expected after the end (Nangia and Bowman, 2018; recipe of
 * Tay et al., Long Range Arena, 2021, {@code lra_benchmarks/data/listops.py}).
 *
 * <p>A node is a list with probability 1/4, unless it is as deep as can be, and else a digit, each
 * as likely. A list has 2 to {@code arguments} nodes, each number as likely, and one of four
 * operations: the least, the greatest, the median rounded down, the sum modulo 10. Drawn again is
 * what has {@code shortest} tokens or fewer, or {@code longest} or more; operations, digits and
 * ends count, and brackets of trees are left away as the published reader does. There a classifier
 * sees the whole sequence; here a causal model says the digit.
 *
 * @param depth how deep digits lie at most, the outermost node at 1; at least 2
 * @param arguments the most nodes of a list, at least 2
 * @param shortest fewer tokens than any expression has
 * @param longest more tokens than any expression has, and T with the answer
 */
public record ListOps(int depth, int arguments, int shortest, int longest)
    implements SyntheticTask {

  static final int DIGITS = 10;
  static final int MIN = 10;
  static final int MAX = 11;
  static final int MEDIAN = 12;
  static final int SUM = 13;
  static final int END = 14;
  private static final int PADDING = 15;
  private static final int VOCABULARY = 16;

  private static final int OPERATIONS = 4;
  private static final double LIST_PROBABILITY = 0.25;

  /** Beyond this the sizes leave nothing to draw, or next to nothing. */
  private static final int MOST_ATTEMPTS = 1_000_000;

  public ListOps {
    if (depth < 2 || arguments < 2) {
      throw new SaccadeException(
          "an expression must have a depth of at least 2 and lists of at least 2 arguments: depth=%d, arguments=%d"
              .formatted(depth, arguments));
    }
    if (shortest < 0 || longest < shortest + 2) {
      throw new SaccadeException(
          "expressions have more than min-length tokens and fewer than length, so there must be a number between: min-length=%d, length=%d"
              .formatted(shortest, longest));
    }
  }

  @Override
  public String name() {
    return "listops";
  }

  @Override
  public Map<String, Integer> settings() {
    Map<String, Integer> settings = new LinkedHashMap<>();
    settings.put("depth", depth);
    settings.put("arguments", arguments);
    settings.put("min-length", shortest);
    settings.put("length", longest);
    return settings;
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int length() {
    return longest;
  }

  @Override
  public int paddingId() {
    return PADDING;
  }

  @Override
  public Example draw(SplittableRandom random) {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      Writing writing = new Writing(random);
      int value = writing.node(1);
      if (writing.fits && writing.length > shortest) {
        int[] tokens = Arrays.copyOf(writing.tokens, writing.length + 1);
        tokens[writing.length] = value;
        return Example.endingIn(1, tokens);
      }
    }
    throw new SaccadeException(
        "no expression of more than %d and fewer than %d tokens came up in %,d draws; allow more depth, arguments or lengths: depth=%d, arguments=%d"
            .formatted(shortest, longest, MOST_ATTEMPTS, depth, arguments));
  }

  /** An expression while it is drawn; given up when it is too long. */
  private final class Writing {
    private final SplittableRandom random;
    private final int[] tokens = new int[longest - 1];
    private int length;
    private boolean fits = true;

    Writing(SplittableRandom random) {
      this.random = random;
    }

    /** Writes a node and returns its value, which means nothing once it does not fit. */
    int node(int at) {
      if (at >= depth || random.nextDouble() > LIST_PROBABILITY) {
        int digit = random.nextInt(DIGITS);
        write(digit);
        return digit;
      }
      int operation = MIN + random.nextInt(OPERATIONS);
      write(operation);
      int[] values = new int[random.nextInt(2, arguments + 1)];
      for (int i = 0; i < values.length && fits; i++) {
        values[i] = node(at + 1);
      }
      write(END);
      return value(operation, values);
    }

    private void write(int token) {
      fits &= length < tokens.length;
      if (fits) {
        tokens[length] = token;
        length++;
      }
    }
  }

  private static int value(int operation, int[] values) {
    int[] sorted = IntStream.of(values).sorted().toArray();
    int last = sorted.length - 1;
    return switch (operation) {
      case MIN -> sorted[0];
      case MAX -> sorted[last];
      case MEDIAN -> (sorted[last / 2] + sorted[(last + 1) / 2]) / 2;
      default -> IntStream.of(values).sum() % DIGITS;
    };
  }

  @Override
  public double chance() {
    return 1.0 / DIGITS;
  }

  @Override
  public String guess() {
    return "any digit";
  }

  @Override
  public List<PublishedResult> published() {
    return PublishedResults.LIST_OPS;
  }
}
