package dev.saccade.benchmarks.ngram;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The interpolated, modified Kneser–Ney language model (Chen and Goodman 1998, "An Empirical Study
 * of Smoothing Techniques for Language Modeling", equations 23 to 25): for decades the best that
 * counting could do.
 *
 * <pre>
 *   p(w | h) = (c(h w) − D(c(h w)) + Σ_v D(c(h v)) · p(w | h')) / Σ_v c(h v)
 * </pre>
 *
 * where h' is h without its first token. The longest n-grams count as often as they occur; of
 * shorter ones c is how many different tokens stand before them, or, at the beginning of a text,
 * where nothing does, how often they occur. Under single tokens lies the uniform distribution, so
 * no token is impossible. Discounts come from the counts of counts, for every length its own.
 *
 * <p>The tokens that a text begins with are contexts, nothing that is predicted. Immutable.
 */
final class KneserNey {

  private final int order;
  private final int vocabulary;

  /** By length, from 1. */
  private final NGrams[] grams;

  /** By length, from 1. */
  private final Discounts[] discounts;

  /** Σ_v c(h v), by the length of h and its number. */
  private final double[][] totals;

  /** Σ_v D(c(h v)), by the length of h and its number. */
  private final double[][] taken;

  private KneserNey(int order, int vocabulary) {
    this.order = order;
    this.vocabulary = vocabulary;
    grams = Stream.generate(NGrams::new).limit(order + 1L).toArray(NGrams[]::new);
    discounts = new Discounts[order + 1];
    totals = new double[order][];
    taken = new double[order][];
    // The empty context has the number 0.
    grams[0].add(0, 0);
  }

  /**
   * Counts texts.
   *
   * @param texts each with the token that it begins with, and all that are predicted from it
   * @param order n, the length of the longest n-grams; at least 1
   * @param vocabulary tokens are from 0 to this, exclusive
   */
  static KneserNey of(List<int[]> texts, int order, int vocabulary) {
    KneserNey model = new KneserNey(order, vocabulary);
    texts.forEach(model::count);
    for (int length = 1; length <= order; length++) {
      model.sum(length);
    }
    return model;
  }

  private void count(int[] text) {
    int[] before = contexts(grams[1].add(0, text[0]));
    for (int t = 1; t < text.length; t++) {
      int[] now = nothing();
      for (int length = 1; length <= Math.min(order, t + 1); length++) {
        int known = grams[length].size();
        now[length] = grams[length].add(before[length - 1], text[t]);
        boolean nothingBefore = length == t + 1;
        if (length == order || nothingBefore) {
          grams[length].count(now[length]);
        }
        boolean isNew = grams[length].size() > known;
        if (isNew && length > 1) {
          // Another token stands before what this one ends with.
          grams[length - 1].count(now[length - 1]);
        }
      }
      before = now;
    }
  }

  private void sum(int length) {
    NGrams all = grams[length];
    Discounts discount =
        Discounts.of(IntStream.range(0, all.size()).map(all::counted).filter(c -> c > 0));
    double[] total = new double[grams[length - 1].size()];
    double[] sum = new double[total.length];
    for (int number = 0; number < all.size(); number++) {
      total[all.context(number)] += all.counted(number);
      sum[all.context(number)] += discount.of(all.counted(number));
    }
    discounts[length] = discount;
    totals[length - 1] = total;
    taken[length - 1] = sum;
  }

  /** Numbers of the n-grams that end with a token, by length; here with nothing before it. */
  private int[] contexts(int first) {
    int[] contexts = nothing();
    contexts[1] = first;
    return contexts;
  }

  private int[] nothing() {
    int[] contexts = new int[order + 1];
    Arrays.fill(contexts, NGrams.NONE);
    contexts[0] = 0;
    return contexts;
  }

  /** The length of the longest n-grams. */
  int order() {
    return order;
  }

  /** How many n-grams of a length were seen. */
  int size(int length) {
    return grams[length].size();
  }

  /** What is taken from the counts of n-grams of a length. */
  Discounts discounts(int length) {
    return discounts[length];
  }

  /**
   * How surprised it is by every next token of a text: −log p in nats.
   *
   * @return entry t is about token t + 1; the last is 0
   */
  double[] surprisals(int[] text) {
    double[] surprisals = new double[text.length];
    int[] before = contexts(grams[1].find(0, text[0]));
    for (int t = 0; t + 1 < text.length; t++) {
      int[] now = nothing();
      surprisals[t] = -Math.log(probability(before, text[t + 1], now));
      before = now;
    }
    return surprisals;
  }

  /**
   * p(w | h), from the uniform distribution up to the longest context that was seen.
   *
   * @param before numbers of the contexts, by length
   * @param now gets those after the token
   */
  private double probability(int[] before, int token, int[] now) {
    double probability = 1.0 / vocabulary;
    for (int length = 1; length <= order && before[length - 1] != NGrams.NONE; length++) {
      int context = before[length - 1];
      double total = totals[length - 1][context];
      if (total == 0) {
        // It is known only as the end of a text, and so are all longer ones.
        break;
      }
      now[length] = grams[length].find(context, token);
      int count = now[length] == NGrams.NONE ? 0 : grams[length].counted(now[length]);
      double left = count - discounts[length].of(count);
      probability = (left + taken[length - 1][context] * probability) / total;
    }
    return probability;
  }
}
